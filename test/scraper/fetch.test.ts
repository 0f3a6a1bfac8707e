import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { once } from "node:events"
import type { ServerResponse } from "node:http"
import * as Zlib from "node:zlib"
import { hasSafeBrotli } from "../../services/brotli.ts"
import { deadPort, fetch, type Handler, page, redirect, refusal, scraper, site } from "./site.ts"

const isBrotliSafe = hasSafeBrotli(process.versions.node)

const send = (type: string, body: Uint8Array): Handler => (_, response) => {
  response.setHeader("content-type", type)
  response.end(body)
}

describe("Fetch", () => {
  it.live("Fetch returns title, visible text and absolute links.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/docs/": page(`<!doctype html><title> A &amp;\n   B </title>
          <script>var hidden = "<a href='/script'>"</script><style>p {}</style>
          <h1>Hello</h1><p>one <b>t</b>wo<div hidden>gone</div></p>
          <a href="next.html#part">next</a> <a href="/top?b=2&amp;a=1">top</a> <a href="next.html">again</a>
          <a href="mailto:a@b.c">mail</a> <a href="javascript:1">js</a> <a href="//other.example/x">other</a>
          <a href="http://user:secret@other.example/">secret</a> the end`)
      })
      const found = yield* fetch(local.url("/docs/"), [local])
      assert.deepStrictEqual(found, {
        url: local.url("/docs/"),
        finalUrl: local.url("/docs/"),
        status: 200,
        title: "A & B",
        text: "Hello one two next top again mail js other secret the end",
        links: [local.url("/docs/next.html"), local.url("/top?b=2&a=1"), "http://other.example/x"],
        // The link with a password.
        truncated: { links: 1 }
      })
    }))

  it.live("Fetch counts pages by what came of them, and how long the answers took.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/a": page(""), "/b": page(""), "/gone": redirect("/missing") })
      const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
      for (const path of ["/a", "/b"]) yield* pages.fetch(local.url(path))
      yield* Effect.flip(pages.fetch(local.url("/gone")))
      yield* Effect.flip(pages.fetch(local.url("/a"), { admit: () => Effect.fail("not wanted") }))
      const all = yield* Metric.snapshot
      const outcomes = all.flatMap(({ attributes, id, state }) =>
        id === "scraper_pages_total" && "count" in state ? [[attributes?.["outcome"], state.count]] : []
      )
      assert.deepStrictEqual(outcomes, [["Fetched", 2], ["Status", 1], ["Abandoned", 1]])
      const responses = all.find(({ id }) => id === "scraper_response_seconds")
      assert(responses?.type === "Histogram")
      assert.strictEqual(responses.state.count, 4)
      assert.isBelow(responses.state.max, 5)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))

  it.live("A fault of the scraper's that a page brings out is that page's failure, and the log says so.", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const local = yield* site({ "/": page("<title>good</title>") })
      const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
      const failure = yield* Effect.flip(pages.fetch(local.url("/"), { admit: () => Effect.die(new Error("a bug")) }))
        .pipe(
          Effect.provide(
            Logger.layer([Logger.make(({ message }) => void lines.push([message].flat().map(String).join(" ")))])
          )
        )
      assert(failure._tag === "FetchFailed")
      assert.strictEqual(failure.reason, "Malformed")
      assert.include(lines.join("\n"), `The scraper failed over ${local.url("/")}`)
      assert.strictEqual((yield* pages.fetch(local.url("/"))).title, "good")
    }))

  it.live("Fetch says who it is and asks only for what it can read.", () =>
    Effect.gen(function*() {
      let headers: Record<string, unknown> = {}
      const local = yield* site((request, response) => {
        headers = request.headers
        page("")(request, response)
      })
      yield* fetch(local.url("/"), [local])
      assert.strictEqual(headers["user-agent"], "heddle/0.1 (+https://www.npmjs.com/package/heddle)")
      assert.strictEqual(headers["accept-encoding"], isBrotliSafe ? "gzip, deflate, br, zstd" : "gzip, deflate, zstd")
      assert.isUndefined(headers["traceparent"])
      yield* fetch(local.url("/"), [local], { SCRAPER_USER_AGENT: "mybot/2 (+https://me.example)" })
      assert.strictEqual(headers["user-agent"], "mybot/2 (+https://me.example)")
    }).pipe(Effect.withSpan("traced")))

  it.live("Fetch follows redirects and says where they led.", () =>
    Effect.gen(function*() {
      const other = yield* site({ "/end": page("<title>end</title><a href=here>x</a>") })
      const local = yield* site({ "/a": redirect("/b", 301), "/b": redirect(other.url("/end#part"), 308) })
      const found = yield* fetch(local.url("/a"), [local, other])
      assert.strictEqual(found.url, local.url("/a"))
      assert.strictEqual(found.finalUrl, other.url("/end"))
      assert.deepStrictEqual(found.links, [other.url("/here")])
    }))

  it.live("Fetch stops after `maxRedirects` redirects.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) => redirect(`${request.url}x`)(request, response))
      const failure = yield* refusal(local.url("/"), [local], { SCRAPER_ROBOTS: "false" })
      assert.strictEqual(failure.reason, "TooManyRedirects")
      assert.lengthOf(local.hits, 6)
    }))

  for (const target of ["ftp://example.com/", "http://user:pw@example.com/", "file:///etc/passwd"]) {
    it.live(`Fetch does not follow a redirect to ${target}.`, () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": redirect(target) })
        assert.strictEqual((yield* refusal(local.url("/"), [local])).reason, "InvalidUrl")
      }))
  }

  for (const status of [204, 404, 403, 304, 410]) {
    it.live(`Status ${status} is ${status === 204 ? "an empty page" : "a failure that retrying won't change"}.`, () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": (_, response) => void response.writeHead(status).end() })
        const result = yield* Effect.result(fetch(local.url("/"), [local]))
        if (status === 204) return assert.strictEqual(result._tag, "Success")
        assert.deepInclude(result, { _tag: "Failure" })
        if (result._tag === "Failure") {
          assert.strictEqual(result.failure.reason, "Status")
          assert.isFalse(result.failure.retryable)
          assert.include(result.failure.message, `${status}`)
        }
      }))
  }

  for (
    const [type, accepted] of [
      ["text/html", true],
      ["application/xhtml+xml; charset=utf-8", true],
      ["text/plain", true],
      ["application/rss+xml", true],
      ["TEXT/HTML ;x=y", true],
      ["image/png", false],
      ["application/pdf", false],
      ["image/svg+xml", false],
      ["application/json", false]
    ] as const
  ) {
    it.live(`Fetch ${accepted ? "reads" : "refuses"} ${type}.`, () =>
      Effect.gen(function*() {
        const local = yield* site({
          "/": (_, response) => {
            response.setHeader("content-type", type)
            response.end("<p>hello</p>")
          }
        })
        const result = yield* Effect.result(fetch(local.url("/"), [local]))
        assert.strictEqual(result._tag === "Success", accepted)
        if (result._tag === "Failure") assert.strictEqual(result.failure.reason, "ContentType")
      }))
  }

  it.live("A server that isn't there is unreachable, and may be there later.", () =>
    Effect.gen(function*() {
      const host = `127.0.0.1:${yield* deadPort}`
      const failure = yield* refusal(`http://${host}/`, [{ host }])
      assert.deepInclude(failure, { reason: "Unreachable", retryable: true })
      assert.include(failure.message, "refused the connection")
    }))

  it.live("A server that hangs up in the middle is unreachable.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.writeHead(200, { "content-type": "text/html", "content-length": "1000" })
          response.write("<p>half", () => response.destroy())
        }
      })
      assert.deepInclude(yield* refusal(local.url("/"), [local]), { reason: "Unreachable", retryable: true })
    }))

  it.live("Fetch reads each page in its charset: by its mark, by the header, by its own word.", () =>
    Effect.gen(function*() {
      const html = "text/html"
      const local = yield* site({
        "/mark": send(html, Buffer.from("\uFEFF<title>день</title>", "utf16le")),
        "/header": send(`${html}; charset=windows-1251`, Buffer.from([0xe4, 0xe5, 0xed, 0xfc])),
        "/meta": send(html, Buffer.concat([Buffer.from("<meta charset=shift_jis><p>"), Buffer.from([0x93, 0xfa])])),
        "/none": send(html, Buffer.from([0x63, 0x61, 0x66, 0xe9]))
      })
      const pages = yield* scraper([local])
      assert.strictEqual((yield* pages.fetch(local.url("/mark"))).title, "день")
      assert.strictEqual((yield* pages.fetch(local.url("/header"))).text, "день")
      assert.strictEqual((yield* pages.fetch(local.url("/meta"))).text, "日")
      assert.strictEqual((yield* pages.fetch(local.url("/none"))).text, "café")
    }))

  const files: ReadonlyArray<readonly [what: string, type: string, body: Uint8Array]> = [
    ["a PNG that calls itself a page", "text/html", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex")],
    ["a PDF that calls itself a page", "text/html", Buffer.from("%PDF-1.7\n1 0 obj")],
    ["a gzip file that calls itself text", "text/plain", Zlib.gzipSync("text")],
    ["control characters in plain text", "text/plain; charset=utf-8", Buffer.from([0x61, 0x01, 0x62])],
    ["zeros in plain text, further down", "text/plain", Buffer.concat([Buffer.alloc(1000, 0x61), Buffer.alloc(9)])],
    ["a program without a type", "", Buffer.from("7f454c4602010100", "hex")]
  ]
  for (const [what, type, body] of files) {
    it.live(`The type ${what} is no text.`, () =>
      Effect.gen(function*() {
        const local = yield* site({
          "/": (_, response) => {
            if (type !== "") response.setHeader("content-type", type)
            response.end(body)
          }
        })
        assert.deepInclude(yield* refusal(local.url("/"), [local]), { reason: "ContentType", retryable: false })
      }))
  }

  it.live("Text in UTF-16 and in ISO-2022-JP is text.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/16": send("text/plain; charset=utf-16le", Buffer.from("hello", "utf16le")),
        "/mark": send("text/plain", Buffer.from("\uFEFFhello", "utf16le")),
        "/jp": send("text/plain; charset=iso-2022-jp", Buffer.from("1b2442467c4b5c1b2842", "hex"))
      })
      const pages = yield* scraper([local])
      assert.strictEqual((yield* pages.fetch(local.url("/16"))).text, "hello")
      assert.strictEqual((yield* pages.fetch(local.url("/mark"))).text, "hello")
      assert.strictEqual((yield* pages.fetch(local.url("/jp"))).text, "日本")
    }))

  it.live("Fetch counts what it does.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": page("0123456789"), "/robots.txt": page("") })
      const pages = yield* scraper([local])
      yield* pages.fetch(local.url("/"))
      yield* Effect.flip(pages.fetch(local.url("/missing")))
      assert.deepStrictEqual(pages.counters(), { fetched: 1, failed: 1, inFlight: 0, bytes: 10 })
    }))

  it.live("An interrupted fetch closes its connection.", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<ServerResponse>()
      const local = yield* site({
        "/": (_, response) => {
          response.writeHead(200, { "content-type": "text/html" })
          response.write("<p>first")
          Deferred.doneUnsafe(asked, Effect.succeed(response))
        }
      })
      const pages = yield* scraper([local])
      const fiber = yield* Effect.forkChild(pages.fetch(local.url("/")))
      const response = yield* Deferred.await(asked)
      const closed = once(response, "close")
      yield* Fiber.interrupt(fiber)
      yield* Effect.promise(() => closed)
      assert.strictEqual(pages.counters().inFlight, 0)
    }))
})

describe("content encodings", () => {
  const html = "<title>packed</title>" + "<p>some text</p>".repeat(500)
  const packed = {
    gzip: Zlib.gzipSync(html),
    "x-gzip": Zlib.gzipSync(html),
    deflate: Zlib.deflateSync(html),
    br: Zlib.brotliCompressSync(html),
    zstd: Zlib.zstdCompressSync(html),
    identity: Buffer.from(html)
  }
  const serve = (encoding: string, body: Uint8Array) =>
    site({
      "/": (_, response) => {
        response.writeHead(200, { "content-type": "text/html", "content-encoding": encoding })
        response.end(body)
      }
    })

  for (const [encoding, body] of Object.entries({ ...packed, "deflate (bare)": Zlib.deflateRawSync(html) })) {
    it.live(`The content encoding ${encoding} is decoded.`, () =>
      Effect.gen(function*() {
        const local = yield* serve(encoding.split(" ")[0] ?? "", body)
        if (encoding === "br" && !isBrotliSafe) {
          const failure = yield* refusal(local.url("/"), [local])
          assert.strictEqual(failure.reason, "Malformed")
          assert.include(failure.message, `"br" is not decoded on Node ${process.versions.node}`)
          return
        }
        const found = yield* fetch(local.url("/"), [local])
        assert.strictEqual(found.title, "packed")
        assert.isTrue(found.text.endsWith("some text"))
      }))
  }

  for (const encoding of ["gzip", "x-gzip", "deflate", "zstd", "GZIP", "identity, gzip", "br"]) {
    it.live(`An empty body is empty in ${encoding}.`, () =>
      Effect.gen(function*() {
        if (encoding === "br" && !isBrotliSafe) return
        const local = yield* serve(encoding, Buffer.alloc(0))
        assert.strictEqual((yield* fetch(local.url("/"), [local])).text, "")
      }))
  }

  const trailing: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
    ["text", Buffer.from("<p>trailing")],
    ["zeros", Buffer.alloc(100)],
    ["the first byte of a member", Buffer.from([0x1f])],
    ["a head that is none", Buffer.from([0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9])]
  ]
  for (const [what, bytes] of trailing) {
    it.live(`The ${what} behind the end of the data is ignored.`, () =>
      Effect.gen(function*() {
        for (const encoding of ["gzip", "deflate", "zstd"] as const) {
          const local = yield* serve(encoding, Buffer.concat([packed[encoding], bytes]))
          const found = yield* fetch(local.url("/"), [local])
          assert.isTrue(found.text.endsWith("some text"), encoding)
        }
      }))
  }

  it.live("gzip may come in several members, with every field a head can have, and without its trailer.", () =>
    Effect.gen(function*() {
      const head = Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 97, 98, 0, 99, 0, 1, 2])
      const two = Buffer.concat([Zlib.gzipSync("<title>two</title>"), head, Zlib.gzipSync("<p>members").subarray(10)])
      for (
        const [body, text] of [[two, "members"], [
          Zlib.gzipSync("<title>two</title>members").subarray(0, -8),
          "members"
        ]] as const
      ) {
        const local = yield* serve("gzip", body)
        assert.deepInclude(yield* fetch(local.url("/"), [local]), { title: "two", text })
      }
      const wrong = Buffer.from(packed.gzip)
      wrong.writeUInt32LE(7, wrong.length - 8)
      const local = yield* serve("gzip", wrong)
      assert.strictEqual((yield* refusal(local.url("/"), [local])).reason, "Malformed")
    }))

  it.live("The failure names a content encoding that is not known.", () =>
    Effect.gen(function*() {
      for (const encoding of ["compress", "utf-8", "dcb", "gzip, zstd"]) {
        const local = yield* serve(encoding, packed.gzip)
        const failure = yield* refusal(local.url("/"), [local])
        assert.strictEqual(failure.reason, "Malformed")
        assert.include(failure.message, `"${encoding}"`)
      }
    }))

  it.live("A damaged body is malformed.", () =>
    Effect.gen(function*() {
      const damaged = Buffer.from(packed.gzip)
      damaged.fill(0xff, 20, 40)
      for (const body of [damaged, packed.gzip.subarray(0, 50)]) {
        const local = yield* serve("gzip", body)
        assert.strictEqual((yield* refusal(local.url("/"), [local])).reason, "Malformed")
      }
      const bare = yield* serve("deflate", damaged)
      assert.strictEqual((yield* refusal(bare.url("/"), [bare])).reason, "Malformed")
    }))

  it.live("An encoding nobody asked for is malformed.", () =>
    Effect.gen(function*() {
      for (const encoding of ["compress", "gzip, gzip"]) {
        const local = yield* serve(encoding, packed.gzip)
        assert.strictEqual((yield* refusal(local.url("/"), [local])).reason, "Malformed")
      }
    }))

  it.live("A page that announces more than the limit is not read.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.writeHead(200, { "content-type": "text/html", "content-length": 2000 })
          response.end("x".repeat(2000))
        }
      })
      const pages = yield* scraper([local], { SCRAPER_MAX_BYTES: "1000" })
      assert.strictEqual((yield* Effect.flip(pages.fetch(local.url("/")))).reason, "TooLarge")
      assert.strictEqual(pages.counters().bytes, 0)
    }))

  it.live("A page without end stops at the limit.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.setHeader("content-type", "text/html")
          const more = () => {
            while (!response.destroyed && response.write("x".repeat(10_000)));
          }
          response.on("drain", more)
          more()
        }
      })
      const failure = yield* refusal(local.url("/"), [local], { SCRAPER_MAX_BYTES: "1000000" })
      assert.strictEqual(failure.reason, "TooLarge")
    }))

  it.live("A bomb of 300 MB in 300 kB stops at 10 MiB and takes little memory.", () =>
    Effect.gen(function*() {
      const bomb = yield* bombOf(300)
      const local = yield* serve("gzip", bomb)
      const pages = yield* scraper([local])
      yield* Effect.flip(pages.fetch(local.url("/robots.txt")))
      const before = process.memoryUsage()
      let peak = 0
      const watch = setInterval(() => peak = Math.max(peak, process.memoryUsage.rss()), 5)
      const failure = yield* Effect.flip(pages.fetch(local.url("/")))
      clearInterval(watch)
      assert.strictEqual(failure.reason, "TooLarge")
      assert.isBelow((Math.max(peak, process.memoryUsage.rss()) - before.rss) / 2 ** 20, 80)
    }))
})

/** Zeros, packed: as many megabytes, a thousandth on the wire. */
const bombOf = (megabytes: number) =>
  Effect.promise(async () => {
    const gzip = Zlib.createGzip()
    const pieces: Array<Buffer> = []
    gzip.on("data", (piece: Buffer) => pieces.push(piece))
    const zeros = Buffer.alloc(2 ** 20)
    for (let written = 0; written < megabytes; written++) if (!gzip.write(zeros)) await once(gzip, "drain")
    gzip.end()
    await once(gzip, "end")
    return Buffer.concat(pieces)
  })
