/**
 * 14.1, over real sockets: hostile sites, clients of the web server and of the sandbox. Servers and clients share this
 * thread, so what is measured is a little more than the servers' part.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Zlib from "node:zlib"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import * as Crawls from "../../services/scraper/crawls.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { type Handler, page, redirect, scraper, site } from "../scraper/site.ts"
import { send } from "../web/client.ts"
import { makeWorld, start } from "../web/fakes.ts"
import { promised } from "./longestTurn.ts"

const answer = (type: string, body: string | Uint8Array, encoding = "identity"): Handler => (_, response) => {
  response.writeHead(200, { "content-type": type, "content-encoding": encoding })
  response.end(body)
}

describe("14.1: a hostile site", () => {
  const bomb = Array.from({ length: 28_000 }, (_, n) => `Disallow: /*xx${n.toString(36)}z`).join("\n")
  const sitemap = Array.from({ length: 20_000 }, (_, n) => `<loc>/some/page/${n}?a=1&amp;b=${n}</loc>`).join("")
  const handlers: Readonly<Record<string, Handler>> = {
    "/robots.txt": answer("text/plain", `User-agent: *\n${bomb}`),
    "/redirect": redirect(`/${"x".repeat(8000)}`),
    "/further": redirect(`/${"x".repeat(14_000)}`),
    "/sitemap": answer("text/xml", `<urlset>${sitemap}</urlset>`),
    "/links": answer("text/html", Array.from({ length: 100_000 }, (_, n) => `<a href=/${n}>`).join("")),
    "/deep": answer("text/html", Zlib.gzipSync("<b>".repeat(2_000_000)), "gzip"),
    "/entities": answer("text/html", Zlib.gzipSync("<p>a &amp; <li>".repeat(200_000)), "gzip"),
    "/zeros": answer("text/html", Zlib.gzipSync(Buffer.alloc(50_000_000)), "gzip"),
    "/cookies": (_, response) => {
      const cookies = Array.from({ length: 400 }, (_, n) => `c${n}=${"x".repeat(20)}`)
      response.writeHead(302, { "location": "/entities", "set-cookie": cookies }).end()
    }
  }
  for (const path of Object.keys(handlers)) {
    if (path === "/robots.txt") continue
    it.live(`Fetching ${path} of a hostile site holds the loop up no longer than it may.`, () =>
      Effect.gen(function*() {
        const local = yield* site(handlers)
        const pages = yield* scraper([local], { SCRAPER_MAX_REDIRECTS: "2" })
        yield* promised(Effect.exit(pages.fetch(local.url(path))))
      }))
  }

  it.live("Crawling a sitemap of 20,000 addresses, and forgetting it, holds the loop up no longer than it may.", () =>
    Effect.gen(function*() {
      const local = yield* site(handlers)
      const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
      const crawl = Crawls.make({ crawlConcurrency: 2 }, pages, yield* Storage.make({ data: ":memory:" }))
      let fetched = 0
      yield* promised(
        Stream.runForEach(
          crawl({ seeds: [local.url("/sitemap")], maxPages: 3, fresh: true }),
          ({ progress }) =>
            Effect.sync(() => {
              fetched = progress.fetched + progress.failed
            })
        )
      )
      assert.strictEqual(fetched, 3)
    }))

  it.live("A page in ten thousand pieces holds the loop up no longer than it may.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.setHeader("content-type", "text/html")
          for (let n = 0; n < 10_000; n++) response.write("<p>x")
          response.end()
        }
      })
      const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
      yield* promised(pages.fetch(local.url("/")))
    }))

  it.live("Pages of a good site come in between those of a hostile one.", () =>
    Effect.gen(function*() {
      const bad = yield* site(handlers)
      const good = yield* site({ "/": page("<title>good</title>") })
      const pages = yield* scraper([bad, good])
      const attack = Effect.forEach(Array.from({ length: 6 }), () => Effect.exit(pages.fetch(bad.url("/redirect"))), {
        concurrency: "unbounded"
      })
      const found = yield* Effect.raceFirst(
        Effect.andThen(pages.fetch(good.url("/")), Effect.succeed("good")),
        Effect.as(Effect.andThen(attack, Effect.never), "bad")
      )
      assert.strictEqual(found, "good")
    }))
})

describe("14.1: a hostile HTTP client", () => {
  const nested = `${"[".repeat(30_000)}${"]".repeat(30_000)}`
  const json = { "content-type": "application/json" }
  const requests: ReadonlyArray<readonly [what: string, path: string, request: Parameters<typeof send>[1]]> = [
    ["a query of 15,000 characters", `/readyz?${"a=%25&".repeat(2500)}`, {}],
    ["a path of escapes", `/api/threads/${"%C3%A4".repeat(2000)}/stop`, { method: "POST" }],
    ["a path of slashes and dots", `/${"../".repeat(4000)}`, {}],
    ["a name of 15,000 characters", `/health/${"x".repeat(15_000)}`, {}],
    ["cookies", "/api/threads", { headers: { cookie: "a=b; ".repeat(3000) } }],
    ["a token of white space", "/api/threads", { headers: { authorization: `Bearer ${" ".repeat(15_000)}x` } }],
    ["a host of colons", "/api/threads", { headers: { host: `${":1".repeat(7000)}x` } }],
    ["what it accepts", "/readyz", { headers: { accept: "a/b;q=0.1,".repeat(1500) } }],
    ["addresses it came through", "/api/threads", { headers: { "x-forwarded-for": "::1, ".repeat(3000) } }],
    ["nested JSON", "/api/chat", { method: "POST", headers: json, body: nested }],
    ["JSON of the wrong shape", "/api/chat", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ author: Array.from({ length: 10_000 }, (_, n) => n), content: {} })
    }],
    ["JSON of many keys", "/api/chat", {
      method: "POST",
      headers: json,
      body: `{${Array.from({ length: 5000 }, (_, n) => `"k${n}":1`).join()}}`
    }],
    ["a long text", "/api/chat", {
      method: "POST",
      headers: json,
      body: JSON.stringify({ author: "a", content: "/a ".repeat(20_000) })
    }],
    ["a form of many fields", "/api/chat", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=b&".repeat(15_000)
    }]
  ]
  for (const [what, path, request] of requests) {
    it.live(what, () =>
      Effect.gen(function*() {
        const { url } = yield* start(makeWorld())
        yield* promised(send(`${url}${path}`, request))
      }))
  }

  it.live("Large bodies for the sandbox hold the loop up no longer than they may.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const bodies = [
        `${"[".repeat(130_000)}${"]".repeat(130_000)}`,
        JSON.stringify({ type: 4, data: { content: "<@1".repeat(80_000) } }),
        `{${Array.from({ length: 20_000 }, (_, n) => `"k${n}":1`).join()}}`,
        "x".repeat(2_000_000),
        JSON.stringify({ type: 4, data: { embeds: Array.from({ length: 80_000 }, () => ({})) } })
      ]
      for (const body of bodies) {
        yield* promised(
          send(`${sandbox.url}/api/v10/interactions/1/abc/callback`, { method: "POST", headers: json, body })
        )
      }
    }))
})
