import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { ServerResponse } from "node:http"
import { parse } from "../../services/scraper/robotsTxt.ts"
import { fetch, type Handler, page, redirect, refusal, scraper, site } from "./site.ts"

const allows = (text: string, path: string) => parse(text, "heddle").allows(path)

describe("robots.txt (RFC 9309)", () => {
  const everybody = (rules: string) => `User-agent: *\n${rules}`
  const cases: ReadonlyArray<readonly [what: string, text: string, path: string, allowed: boolean]> = [
    ["an empty file allows all", "", "/a", true],
    ["an empty rule matches nothing", everybody("Disallow:"), "/a", true],
    ["a rule is a prefix", everybody("Disallow: /private"), "/private/x", false],
    ["a prefix need not be a folder", everybody("Disallow: /priv"), "/private", false],
    ["other paths are free", everybody("Disallow: /private"), "/public", true],
    ["the longest match wins", everybody("Disallow: /a\nAllow: /a/b"), "/a/b/c", true],
    ["the longest match wins in any order", everybody("Allow: /a/b\nDisallow: /a/b/c"), "/a/b/c", false],
    ["Allow wins a tie", everybody("Disallow: /a\nAllow: /a"), "/a", true],
    ["robots.txt itself is free", everybody("Disallow: /"), "/robots.txt", true],
    ["* stands for any text", everybody("Disallow: /*/secret"), "/x/y/secret", false],
    ["* stands for no text", everybody("Disallow: /a*b"), "/ab", false],
    ["$ is the end", everybody("Disallow: /*.pdf$"), "/x.pdf", false],
    ["$ is the end, not the middle", everybody("Disallow: /*.pdf$"), "/x.pdf?page=1", true],
    ["$ without *", everybody("Disallow: /x$"), "/xy", true],
    ["parts may not overlap", everybody("Disallow: /ab*ba$"), "/aba", true],
    ["the query counts", everybody("Disallow: /*?sort="), "/list?sort=up", false],
    ["paths are case sensitive", everybody("Disallow: /A"), "/a", true],
    ["escapes are compared decoded", everybody("Disallow: /%61"), "/a", false],
    ["letters beyond ASCII are compared encoded", everybody("Disallow: /ä"), "/%c3%a4", false],
    ["our group counts, not everybody's", "User-agent: *\nDisallow: /\n\nUser-agent: heddle\nDisallow: /x", "/a", true],
    ["our name in capitals, with a version", "User-agent: Heddle/1.0\nDisallow: /", "/a", false],
    ["another's group doesn't count", "User-agent: other\nDisallow: /", "/a", true],
    ["a longer name is another's", "User-agent: heddlebot\nDisallow: /", "/a", true],
    [
      "groups of one name are merged",
      "User-agent: heddle\nDisallow: /a\n\nUser-agent: heddle\nDisallow: /b",
      "/b",
      false
    ],
    ["several names share a group", "User-agent: x\nUser-agent: heddle\nDisallow: /a", "/a", false],
    [
      "unknown records don't end a list of names",
      "User-agent: heddle\nSitemap: /s\nUser-agent: x\nDisallow: /a",
      "/a",
      false
    ],
    ["comments, spaces, capitals and CRLF", "USER-AGENT : * # all\r\n  DISALLOW : /a # not this\r\n", "/a", false],
    ["a line end of old Macs", "User-agent: *\rDisallow: /a\r", "/a", false],
    ["a byte order mark", "\uFEFFUser-agent: *\nDisallow: /a", "/a", false],
    ["rules before any name are nobody's", "Disallow: /\nUser-agent: x\nDisallow: /", "/a", true],
    ["nonsense is skipped", "<html>\nUser-agent: *\n???\nDisallow: /a\n: x", "/a", false]
  ]
  for (const [what, text, path, allowed] of cases) it(what, () => assert.strictEqual(allows(text, path), allowed))

  it("The delay of our group in robots.txt is read.", () => {
    const text = "User-agent: *\nCrawl-delay: 9\n\nUser-agent: heddle\nCrawl-delay: 1.5\nDisallow: /a"
    assert.strictEqual(parse(text, "heddle").crawlDelayMillis, 1500)
    assert.strictEqual(parse(text, "other").crawlDelayMillis, 9000)
    assert.strictEqual(parse("User-agent: *\nCrawl-delay: soon", "heddle").crawlDelayMillis, 0)
  })

  it("A pattern made to be slow is not.", () => {
    const text = everybody(`Disallow: /${"a*".repeat(2000)}b$`)
    const start = performance.now()
    assert.isTrue(allows(text, `/${"a".repeat(20_000)}`))
    assert.isBelow(performance.now() - start, 5000)
  })
})

const text = (body: string): Handler => (_, response) => {
  response.setHeader("content-type", "text/plain")
  response.end(body)
}
const status = (code: number): Handler => (_, response) => void response.writeHead(code).end()
const hello = page("<title>hello</title>")

describe("asking a site", () => {
  it.live("What robots.txt forbids is not fetched, and the failure says who forbade it.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/robots.txt": text("User-agent: heddle\nDisallow: /no"),
        "/no": hello,
        "/yes": hello
      })
      const failure = yield* refusal(local.url("/no"), [local])
      assert.deepInclude(failure, { reason: "Robots", retryable: false })
      assert.include(failure.message, "robots.txt")
      assert.strictEqual((yield* fetch(local.url("/yes"), [local])).title, "hello")
      assert.deepStrictEqual(local.hits, ["/yes"])
    }))

  for (const code of [400, 401, 403, 404, 410, 429]) {
    it.live(`Status ${code} for robots.txt allows all.`, () =>
      Effect.gen(function*() {
        const local = yield* site({ "/robots.txt": status(code), "/": hello })
        assert.strictEqual((yield* fetch(local.url("/"), [local])).title, "hello")
      }))
  }

  for (const code of [500, 502, 503]) {
    it.live(`Status ${code} for robots.txt forbids all, for now.`, () =>
      Effect.gen(function*() {
        const local = yield* site({ "/robots.txt": status(code), "/": hello })
        assert.deepInclude(yield* refusal(local.url("/"), [local]), { reason: "Robots", retryable: true })
        assert.lengthOf(local.hits, 0)
      }))
  }

  it.live("A robots.txt that breaks off forbids all.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/robots.txt": (_, response) => response.destroy(), "/": hello })
      assert.deepInclude(yield* refusal(local.url("/"), [local]), { reason: "Unreachable", retryable: true })
      assert.lengthOf(local.hits, 0)
    }))

  it.live("Five redirects to robots.txt are followed; after more there is none.", () =>
    Effect.gen(function*() {
      for (const [hops, reason] of [[5, "Robots"], [6, undefined]] as const) {
        const local = yield* site((request, response) => {
          const path = request.url ?? ""
          if (path === "/page") return hello(request, response)
          const at = path === "/robots.txt" ? 0 : Number(path.slice(1))
          if (at < hops) redirect(`/${at + 1}`)(request, response)
          else text("User-agent: *\nDisallow: /page")(request, response)
        })
        const result = yield* Effect.result(fetch(local.url("/page"), [local]))
        assert.strictEqual(result._tag === "Failure" ? result.failure.reason : undefined, reason)
      }
    }))

  it.live("A site is asked for its robots.txt once for many pages, and each site by itself.", () =>
    Effect.gen(function*() {
      let asked = 0
      const robots: Handler = (request, response) => {
        asked++
        text("User-agent: *\nDisallow: /no")(request, response)
      }
      const local = yield* site({ "/robots.txt": robots, "/": hello })
      const other = yield* site({ "/robots.txt": robots, "/": hello })
      const pages = yield* scraper([local, other])
      yield* Effect.forEach(["/", "/", "/", "/"], (path) => pages.fetch(local.url(path)), { concurrency: "unbounded" })
      assert.strictEqual(asked, 1)
      yield* pages.fetch(other.url("/"))
      assert.strictEqual(asked, 2)
    }))

  it.live("A request that goes away while robots.txt is asked for doesn't spoil it for others.", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<ServerResponse>()
      const local = yield* site({
        "/robots.txt": (_, response) => void Deferred.doneUnsafe(asked, Effect.succeed(response)),
        "/": hello
      })
      const pages = yield* scraper([local])
      const first = yield* Effect.forkChild(pages.fetch(local.url("/")))
      const response = yield* Deferred.await(asked)
      const second = yield* Effect.forkChild(pages.fetch(local.url("/")), { startImmediately: true })
      yield* Fiber.interrupt(first)
      response.writeHead(404).end()
      assert.strictEqual((yield* Fiber.join(second)).title, "hello")
    }))

  it.live("A redirect into what is forbidden is refused.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/robots.txt": text("User-agent: *\nDisallow: /no"),
        "/": redirect("/no"),
        "/no": hello
      })
      assert.strictEqual((yield* refusal(local.url("/"), [local])).reason, "Robots")
      assert.deepStrictEqual(local.hits, ["/"])
    }))

  it.live("A robots.txt may be large: what follows 512 KiB is ignored.", () =>
    Effect.gen(function*() {
      const filler = `# ${"x".repeat(1000)}\n`.repeat(1000)
      const local = yield* site({
        "/robots.txt": text(`User-agent: *\nDisallow: /no\n${filler}Disallow: /yes`),
        "/yes": hello
      })
      const pages = yield* scraper([local])
      assert.strictEqual((yield* pages.fetch(local.url("/yes"))).title, "hello")
      assert.strictEqual((yield* Effect.flip(pages.fetch(local.url("/no")))).reason, "Robots")
    }))

  it.live("The delay that a site asks for is kept, up to the most that is accepted.", () =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const local = yield* site({
        "/robots.txt": text("User-agent: *\nCrawl-delay: 60"),
        "/": (request, response) => {
          times.push(performance.now())
          hello(request, response)
        }
      })
      const pages = yield* scraper([local], { SCRAPER_MAX_CRAWL_DELAY: "200 millis", SCRAPER_HOST_CONCURRENCY: "5" })
      yield* Effect.forEach(["/", "/", "/"], (path) => pages.fetch(local.url(path)), { concurrency: "unbounded" })
      assert.lengthOf(times, 3)
      for (const [index, time] of times.slice(1).entries()) assert.isAtLeast(time - (times[index] ?? 0), 180)
      assert.isBelow((times[2] ?? 0) - (times[0] ?? 0), 2000)
    }))

  it.live("robots.txt is not asked for when the operator says so.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/robots.txt": text("User-agent: *\nDisallow: /"), "/": hello })
      assert.strictEqual((yield* fetch(local.url("/"), [local], { SCRAPER_ROBOTS: "false" })).title, "hello")
    }))
})
