/**
 * 14.1: what stands next to the worst that is known. Other parsers are fed with their worst, other clients don't read what
 * they ask for, other sites redirect and never end.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { connect, type Socket } from "node:net"
import * as Zlib from "node:zlib"
import * as Files from "../../services/discord/sandbox/files.ts"
import { Buckets } from "../../services/discord/sandbox/rateLimits.ts"
import { emojiOf } from "../../services/discord/sandbox/reactions.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { focusIn } from "../../services/discord/typedOptions.ts"
import * as Crawls from "../../services/scraper/crawls.ts"
import * as Directives from "../../services/scraper/directives.ts"
import { numberOf } from "../../services/scraper/selecting.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { fetch, type Handler, page, redirect, refusal, scraper, site, tcp } from "../scraper/site.ts"
import { send } from "../web/client.ts"
import { makeWorld, start } from "../web/fakes.ts"
import { promised } from "./longestTurn.ts"

const once = (work: () => unknown) => Effect.sync(work)

const form = (fields: number) =>
  Buffer.concat([
    ...Array.from(
      { length: fields },
      (_, n) => Buffer.from(`--x\r\ncontent-disposition: form-data; name="files[${n}]"\r\n\r\na\r\n`)
    ),
    Buffer.from("--x--\r\n")
  ])

const parsers: ReadonlyArray<readonly [parser: string, input: string, work: Effect.Effect<unknown>]> = [
  ["X-Robots-Tag", "white space", once(() => Directives.ofHeader(" ".repeat(16_384), "heddle"))],
  ["X-Robots-Tag", "names", once(() => Directives.ofHeader("a:,".repeat(5461), "heddle"))],
  [
    "X-Robots-Tag",
    "letters and white space",
    once(() => Directives.ofHeader(`${"a".repeat(8000)}${" ".repeat(8000)}`, "heddle"))
  ],
  ["an emoji", "a hundred kilobytes of joiners", once(() => emojiOf("\u{1F468}\u200D".repeat(20_000)))],
  ["an emoji", "letters", once(() => emojiOf("a".repeat(100_000)))],
  [
    "a half-written command",
    "white space",
    once(() =>
      focusIn([{ type: 4, name: "n" }, { type: 3, name: "a" }], `${" ".repeat(100_000)}x${" ".repeat(100_000)}`)
    )
  ],
  [
    "a half-written command",
    "options",
    once(() => focusIn([{ type: 4, name: "n" }, { type: 3, name: "a" }], "n:1 a:n:".repeat(12_000)))
  ],
  ["a number", "digits and separators", once(() => numberOf("1,2.3'4 ".repeat(100_000)))],
  ["a form", "3000 files", Files.readMultipart("multipart/form-data; boundary=x", new Uint8Array(form(3000)))],
  ["a form", "no end", Files.readMultipart("multipart/form-data; boundary=x", new Uint8Array(250_000).fill(45))],
  [
    "limits",
    "a stranger's keys",
    once(() => {
      const buckets = new Buckets()
      for (let n = 0; n < 20_000; n++) buckets.take(`POST ${n}`, { limit: 5, lengthMillis: 60_000 }, n / 100)
    })
  ]
]

describe("14.1: other parsers", () => {
  for (const [parser, input, work] of parsers) it.live(`${parser}: ${input}`, () => promised(work))
})

/** The server's ends of all connections while the scope lives. */
const accepted = Effect.gen(function*() {
  const sockets = new Set<Socket>()
  const note = (message: unknown): void => {
    if (typeof message !== "object" || message === null || !("socket" in message)) return
    const { socket } = message
    if (isSocket(socket)) sockets.add(socket)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => subscribe("net.server.socket", note)),
    () => Effect.sync(() => unsubscribe("net.server.socket", note))
  )
  return {
    /** The most that one of them has not sent yet, in bytes. */
    unsent: () => Math.max(0, ...Array.from(sockets, ({ writableLength }) => writableLength))
  }
})

const isSocket = (value: unknown): value is Socket =>
  typeof value === "object" && value !== null && "remotePort" in value

/** Opens a connection that reads nothing, until the scope ends. */
const deaf = (url: string, text: string) =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" })
      socket.on("error", () => {}).once("connect", () => {
        socket.pause()
        socket.write(text, () => resume(Effect.succeed(socket)))
      })
    }),
    (socket) => Effect.sync(() => void socket.destroy())
  )

const upgrade =
  "GET /?v=10&encoding=json HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n" +
  "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"

/** A frame of WebSocket with a mask of zeros. */
const frame = (opcode: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([opcode, 0x80 | body.length, 0, 0, 0, 0]), body])

/** What a server may have waiting for one client. */
const mostBytes = 10 * 2 ** 20

describe("14.1: other clients that don't read", () => {
  it.live("The sandbox's page: events wait for their reader, and old ones are dropped.", () =>
    Effect.gen(function*() {
      const server = yield* accepted
      const sandbox = yield* Sandbox.make()
      yield* deaf(sandbox.url, "GET /page/events HTTP/1.1\r\nhost: localhost\r\n\r\n")
      for (let n = 0; n < 20_000; n++) {
        yield* sandbox.say("a", "x".repeat(1900))
        if (n % 100 === 0) yield* Effect.sleep(0)
      }
      assert.isBelow(server.unsent(), mostBytes)
    }))

  it.live("The gateway: a client that reads no answer to its pings is cut off.", () =>
    Effect.gen(function*() {
      const server = yield* accepted
      const sandbox = yield* Sandbox.make()
      const socket = yield* deaf(sandbox.url, upgrade)
      const pings = Buffer.concat(Array.from({ length: 5000 }, () => frame(0x89, Buffer.alloc(125))))
      let most = 0
      const closed = Effect.callback<string>((resume) => {
        socket.once("close", () => resume(Effect.succeed("closed")))
        const more = (): void => {
          most = Math.max(most, server.unsent())
          if (!socket.destroyed && socket.write(pings)) setImmediate(more)
        }
        socket.on("drain", more)
        more()
      })
      assert.strictEqual(yield* closed, "closed")
      assert.isBelow(most, mostBytes + pings.length)
    }), 30_000)
})

const answerOf = (head: string, more: (socket: Socket) => void) =>
  tcp((socket) => {
    socket.once("data", () => {
      socket.write(head)
      more(socket)
    })
  })

/** Writes as fast as it is read, for ever; in large pieces, because what it costs counts as well. */
const endless = (piece: string) => (socket: Socket): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on("drain", more)
  more()
}

describe("14.5: other bodies", () => {
  it.live(
    "Bodies for the sandbox that never end share one room, and a bot's small requests are taken meanwhile.",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make()
        const port = Number(new URL(sandbox.url).port)
        const paths = ["/api/v10/channels/1/messages", "/api/v10/interactions/1/x/callback", "/page/file?name=x"]
        const piece = Buffer.alloc(1 << 20, "-")
        /** Sends 9 MiB of ten; completes when they are sent, or refused. */
        const begin = (n: number) =>
          Effect.acquireRelease(
            Effect.callback<{ readonly socket: Socket; readonly said: string }>((resume) => {
              const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${2 + n}` })
              let left = 9
              const more = (): void => {
                if (left-- > 0) socket.write(piece, more)
                else resume(Effect.succeed({ socket, said: "" }))
              }
              const over = (said: string): void => resume(Effect.succeed({ socket, said }))
              socket.on("data", (bytes: Buffer) => over(bytes.toString())).on("error", () => over("cut off"))
              socket.write(
                `POST ${paths[n % paths.length]} HTTP/1.1\r\nhost: localhost\r\n` +
                  "content-type: multipart/form-data; boundary=x\r\ncontent-length: 10485760\r\n\r\n",
                more
              )
            }),
            ({ socket }) => Effect.sync(() => void socket.destroy())
          )
        const begun = yield* Effect.forEach(Array.from({ length: 40 }, (_, n) => n), begin, { concurrency: 10 })
        // 360 MiB were sent, and there is room for 96 and what each may always send.
        assert.isAtLeast(begun.filter(({ said }) => said !== "").length, 20)
        const me = yield* send(`${sandbox.url}/api/v10/users/@me`, {
          headers: { authorization: `Bot ${sandbox.token}` }
        })
        assert.strictEqual(me.status, 200)
        const posted = yield* send(`${sandbox.url}/api/v10/channels/${sandbox.channelId}/messages`, {
          method: "POST",
          headers: { "authorization": `Bot ${sandbox.token}`, "content-type": "application/json" },
          body: JSON.stringify({ content: "x".repeat(2000) })
        })
        assert.strictEqual(posted.status, 200)
        for (const { socket } of begun) socket.destroy()
        // Their room is free again when they are gone.
        const form = "--x\r\ncontent-disposition: form-data; name=\"files[0]\"; filename=a\r\n\r\n" +
          `${"a".repeat(9 << 20)}\r\n--x--\r\n`
        const large = send(`${sandbox.url}/api/v10/channels/${sandbox.channelId}/messages`, {
          method: "POST",
          headers: { "authorization": `Bot ${sandbox.token}`, "content-type": "multipart/form-data; boundary=x" },
          body: form
        })
        yield* Effect.timeout(Effect.repeat(large, { until: ({ status }) => status === 200 }), "10 seconds")
      }),
    60_000
  )
})

describe("14.1: other sites that never end", () => {
  const quick = { SCRAPER_ROBOTS: "false", SCRAPER_TOTAL_TIMEOUT: "2 seconds", SCRAPER_FIRST_BYTE_TIMEOUT: "1 second" }
  const heads: Readonly<Record<string, readonly [head: string, piece: string]>> = {
    "early hints": ["", "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n".repeat(200)],
    "headers": ["HTTP/1.1 200 OK\r\n", "a: b\r\n".repeat(500)],
    "one header": ["HTTP/1.1 200 OK\r\na: ", "x".repeat(10_000)],
    "a status line": ["HTTP/1.1 200 ", "OK".repeat(5000)],
    "extensions of a chunk": ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", "x".repeat(10_000)],
    "trailers": ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", "a: b\r\n".repeat(500)]
  }
  for (const [what, [head, piece]] of Object.entries(heads)) {
    it.live(
      `A site that sends ${what} without end is given up in time, and holds up no loop.`,
      () =>
        Effect.gen(function*() {
          const port = yield* answerOf(head, endless(piece))
          const host = `127.0.0.1:${port}`
          yield* promised(Effect.flip(fetch(`http://${host}/`, [{ host }], quick)))
        }),
      30_000
    )
  }

  it.live(
    "A gzip file of half a million empty members is damaged, and no decoder is made for each.",
    () =>
      Effect.gen(function*() {
        const members = Buffer.alloc(10_000_000, Zlib.gzipSync(""))
        const local = yield* site({
          "/": (_, response) => {
            response.writeHead(200, { "content-type": "text/html", "content-encoding": "gzip" }).end(members)
          }
        })
        const began = process.cpuUsage()
        const failure = yield* refusal(local.url("/"), [local], { SCRAPER_ROBOTS: "false" })
        const { system, user } = process.cpuUsage(began)
        assert.strictEqual(failure.reason, "Malformed")
        assert.isBelow((user + system) / 1000, 5000)
      }),
    60_000
  )

  for (
    const [what, html, css] of [
      ["one text of five megabytes in two hundred elements", `${"<div>".repeat(200)}${"a&".repeat(2_400_000)}`, "div"],
      ["fifty thousand elements next to each other", "<b>".concat("</b><b>".repeat(49_000)), "b ~ b:last-child"],
      ["elements within elements", "<i>".repeat(200).concat("<b></b>".repeat(40_000)), "i:has(u)"]
    ] as const
  ) {
    it.live(`Items are taken in steps out of ${what}.`, () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": page(html) })
        const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
        const select = { each: css, fields: { all: { as: "html" as const } } }
        yield* promised(Effect.exit(pages.fetch({ url: local.url("/"), select })))
      }), 60_000)
  }

  it.live(
    "Sitemaps that name each other are read once each, and once as pages.",
    () =>
      Effect.gen(function*() {
        const local = yield* site((request, response) => {
          const n = Number(/\d+/.exec(request.url ?? "")?.[0] ?? 0)
          response.setHeader("content-type", "text/xml")
          response.end(
            `<sitemapindex>${
              [n, n + 1, 0].map((n) => `<sitemap><loc>${local.url(`/map/${n}`)}</loc></sitemap>`).join("")
            }</sitemapindex>`
          )
        })
        const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
        const crawl = Crawls.make({ crawlConcurrency: 2 }, pages, yield* Storage.make({ data: ":memory:" }))
        yield* Stream.runDrain(
          crawl({ seeds: [local.url("/map/0")], maxPages: 20, maxDepth: 50, sitemaps: true, fresh: true })
        )
        const times = Map.groupBy(local.hits, (hit) => hit)
        assert.isAtMost(local.hits.length, 60)
        for (const [hit, all] of times) assert.isAtMost(all.length, 2, hit)
      }),
    30_000
  )
})

/** Notes what arrives. */
const noting = (seen: Array<string>, then: Handler): Handler => (request, response) => {
  let body = ""
  request.setEncoding("utf8").on("data", (piece: string) => void (body += piece)).on("end", () => {
    const { authorization = "", cookie = "", "x-secret": secret = "" } = request.headers
    seen.push([request.method, authorization, cookie, secret, body].join("|"))
    then(request, response)
  })
}

describe("14.1: other redirects", () => {
  const sent = {
    method: "POST" as const,
    headers: { authorization: "Bearer secret", "x-secret": "secret", cookie: "a=secret", "content-type": "text/plain" },
    body: "a=1"
  }
  for (const status of [301, 302, 303, 307, 308]) {
    it.live(`A redirect by ${status} to another host takes no header along that was meant for the first one.`, () =>
      Effect.gen(function*() {
        const seen: Array<string> = []
        const other = yield* site({ "/": noting(seen, page("<title>other</title>")) })
        const local = yield* site({ "/": redirect(other.url("/"), status) })
        const pages = yield* scraper([local, other], { SCRAPER_ROBOTS: "false" })
        assert.strictEqual((yield* pages.fetch({ url: local.url("/"), ...sent })).title, "other")
        assert.deepStrictEqual(seen, [status < 304 ? "GET||||" : "POST||||a=1"])
      }))
  }

  for (
    const [what, to] of [
      ["a user", "http://user:password@127.0.0.1:1/"],
      ["a tab in its scheme", "ht\ttp://127.0.0.1:1/"],
      ["a number for a host", "http://2130706433:1/"],
      ["another scheme", "gopher://127.0.0.1:1/"],
      ["the host of a file", "file://127.0.0.1/etc/passwd"],
      ["an address in IPv6 that is one in IPv4", "http://[::ffff:127.0.0.1]:1/"],
      ["a script", "javascript:alert(1)"]
    ] as const
  ) {
    it.live(`A redirect to ${what} leads nowhere.`, () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": redirect(to) })
        const failure = yield* refusal(local.url("/"), [local], { SCRAPER_ROBOTS: "false" })
        assert.include(["Blocked", "InvalidUrl", "Malformed"], failure.reason)
        assert.isFalse(failure.retryable)
      }))
  }
})

describe("14.1: other requests", () => {
  const raw = (url: string, text: string | Buffer) =>
    Effect.callback<string>((resume) => {
      const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" })
      let said = ""
      socket.setEncoding("latin1").on("data", (piece: string) => void (said += piece))
      socket.on("error", () => {}).on("close", () => resume(Effect.succeed(said)))
      socket.write(text)
      return Effect.sync(() => void socket.destroy())
    })
  const head = "POST /api/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
  // What a proxy would take for a body, and this server must not take for a request.
  const smuggled = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
  const requests: Readonly<Record<string, string>> = {
    "extensions of a chunk": `${head}transfer-encoding: chunked\r\n\r\n1;${"x".repeat(100_000)}\r\na\r\n0\r\n\r\n`,
    "ten thousand chunks of a byte": `${head}connection: close\r\ntransfer-encoding: chunked\r\n\r\n${
      "1\r\n[\r\n".repeat(10_000)
    }0\r\n\r\n`,
    "two thousand trailers": `${head}connection: close\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${
      "a: b\r\n".repeat(2000)
    }\r\n`,
    "a negative length": `${head}content-length: -1\r\n\r\n`,
    "a length beyond all numbers": `${head}content-length: ${"9".repeat(300)}\r\n\r\n`,
    "a length and chunks": `${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    "chunks and a length": `${head}transfer-encoding: chunked\r\ncontent-length: 200\r\n\r\n0\r\n\r\n${smuggled}`,
    "two lengths": `${head}content-length: 0\r\ncontent-length: 60\r\n\r\n${smuggled}`,
    "two lengths in one": `${head}content-length: 0, 60\r\n\r\n${smuggled}`,
    "a length with a sign": `${head}content-length: +0\r\n\r\n${smuggled}`,
    "a coding behind chunks": `${head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    "a coding that is nearly chunked": `${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    "a space before the colon": `${head}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    "a chunk of a size beyond all numbers": `${head}transfer-encoding: chunked\r\n\r\n${"f".repeat(40)}\r\n${smuggled}`,
    "a NUL in a header": `${head}x: a\0b\r\ncontent-length: 0\r\n\r\n${smuggled}`,
    "HTTP/0.9": "GET /\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
  }
  for (const [what, text] of Object.entries(requests)) {
    it.live(`The web server answers ${what} by an error, and serves the next client.`, () =>
      Effect.gen(function*() {
        const { url } = yield* start(makeWorld())
        yield* promised(
          Effect.gen(function*() {
            const said = yield* raw(url, text)
            assert.match(said, /^(HTTP\/1\.1 [45]\d\d |$)/)
            assert.notInclude(said, "HTTP/1.1 200")
          })
        )
        assert.strictEqual((yield* send(`${url}/livez`)).status, 200)
      }), 30_000)
  }

  it.live("The sandbox refuses who has no token before it has read what they send.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const requests = [["channels/1/messages", 401], ["interactions/1/x/callback", 404], ["nothing", 404]] as const
      for (const [path, status] of requests) {
        const said = yield* raw(
          sandbox.url,
          `POST /api/v10/${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 200000\r\n\r\n`
        )
        assert.match(said, new RegExp(`^HTTP/1.1 ${status} `), path)
      }
      assert.deepInclude(yield* sandbox.counters, { unauthorized: 1, restRequests: 3 })
    }))

  it.live("A form with files for the sandbox, of the largest size, is refused without its token.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const answer = yield* send(`${sandbox.url}/api/v10/channels/1/messages`, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=x" },
        body: "-".repeat(1_000_000)
      })
      assert.strictEqual(answer.status, 401)
      assert.isTrue(Option.isNone(yield* Files.readMultipart("multipart/form-data", new Uint8Array(10))))
    }))
})
