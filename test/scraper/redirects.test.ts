import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { redirectOf } from "../../services/scraper/redirects.ts"
import { refreshTo } from "../../services/scraper/refresh.ts"
import { fetch, type Handler, page, redirect, refusal, scraper, site } from "./site.ts"

const from = new URL("http://a.example/dir/page?q=1")
const latin1 = (text: string) => Buffer.from(text).toString("latin1")

describe("Location", () => {
  const targets: ReadonlyArray<readonly [what: string, location: string, to: string]> = [
    ["relative", "next", "http://a.example/dir/next"],
    ["relative to the host", "//b.example/x", "http://b.example/x"],
    ["a query alone", "?r=2", "http://a.example/dir/page?r=2"],
    ["with spaces around", "  /x ", "http://a.example/x"],
    ["without its fragment", "/x#part", "http://a.example/x"],
    ["UTF-8 as it is", latin1("/städte/日本"), "http://a.example/st%C3%A4dte/%E6%97%A5%E6%9C%AC"],
    ["UTF-8 in the host", latin1("http://münchen.example/"), "http://xn--mnchen-3ya.example/"],
    ["UTF-8 in the query", latin1("/?q=ä"), "http://a.example/?q=%C3%A4"],
    ["bytes that are no UTF-8", "/caf\xe9", "http://a.example/caf%E9"],
    ["the same one twice", "/x\n/x", "http://a.example/x"],
    ["one and an empty one", "\n/x", "http://a.example/x"],
    ["with a comma", "/x,y, z", "http://a.example/x,y,%20z"]
  ]
  for (const [what, location, to] of targets) {
    it(what, () => {
      const redirect = redirectOf(302, location, from)
      assert.strictEqual(redirect !== undefined && "to" in redirect ? redirect.to.href : redirect?.problem, to)
    })
  }

  it("Location is none when it is empty or missing, or the answer is no redirect.", () => {
    for (
      const [status, location] of [[302, ""], [301, " "], [302, undefined], [300, "/x"], [304, "/x"], [
        201,
        "/x"
      ]] as const
    ) {
      assert.isUndefined(redirectOf(status, location, from))
    }
  })

  it("Location is a problem when it is no address, or several.", () => {
    for (const location of ["http://[", "http://a b/", "/x\n/y"]) {
      assert.property(redirectOf(302, location, from), "problem")
    }
  })

  it.live("Location arrives in UTF-8 as it was sent, and twice as two headers.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (request) =>
          void request.socket.end(Buffer.from("HTTP/1.1 302 Found\r\nLocation: /stätte\r\nContent-Length: 0\r\n\r\n")),
        "/st%C3%A4tte": page("<title>found</title>"),
        "/two": (_, response) => void response.writeHead(302, ["location", "/a", "location", "/b"]).end(),
        "/same": (_, response) => void response.writeHead(302, ["location", "/a", "location", "/a"]).end(),
        "/a": page("<title>a</title>")
      })
      const found = yield* fetch(local.url("/#part"), [local])
      assert.strictEqual(found.title, "found")
      assert.strictEqual(found.finalUrl, local.url("/st%C3%A4tte"))
      assert.deepInclude(yield* refusal(local.url("/two"), [local]), { reason: "InvalidUrl", retryable: false })
      assert.strictEqual((yield* fetch(local.url("/same"), [local])).title, "a")
    }))

  it.live("An address of 14,000 characters is not fetched.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": redirect(`/${"x".repeat(14_000)}`) })
      const failure = yield* refusal(local.url("/"), [local])
      assert.strictEqual(failure.reason, "InvalidUrl")
      assert.include(failure.message, "is too long")
      assert.strictEqual((yield* refusal(`http://${"a.".repeat(10_000_000)}`, [])).reason, "InvalidUrl")
    }))
})

describe("meta refresh", () => {
  const url = "http://a.example/dir/page"
  const cases: ReadonlyArray<readonly [content: string, base: string | undefined, to: string | undefined]> = [
    ["0; url=/next", undefined, "http://a.example/next"],
    ["0;URL='next'", undefined, "http://a.example/dir/next"],
    [" 5 , \"//b.example/x\" rest", undefined, "http://b.example/x"],
    ["0;next", undefined, "http://a.example/dir/next"],
    ["0.5; url = x#part", "/other/", "http://a.example/other/x"],
    ["0", undefined, undefined],
    ["30", undefined, undefined],
    ["10; url=/next", undefined, undefined],
    ["0; url=/dir/page#x", undefined, undefined],
    ["url=/next", undefined, undefined],
    ["0; url=http://[", undefined, undefined],
    ["0; url=", undefined, undefined],
    ["0; url=javascript:alert(1)", undefined, undefined],
    ["0; url=data:text/html,x", undefined, undefined],
    ["0; url=next", "javascript:x", "http://a.example/dir/next"],
    ["", undefined, undefined]
  ]
  for (const [content, base, to] of cases) {
    it(`A refresh to "${content}" leads to ${to ?? "nothing"}.`, () =>
      assert.strictEqual(refreshTo(content, base, url)?.href, to))
  }

  const refreshing = (to: string) =>
    page(`<head><meta http-equiv="Refresh" content="0; url=${to}"><title>moving</title>`)

  it.live("The header Refresh leads on as the element does, and goes before it.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (_, response) => {
          response.writeHead(200, { "content-type": "text/html", "refresh": `0; url=${latin1("/ä")}` })
          response.end("<meta http-equiv=refresh content='0; url=/meta'>")
        },
        "/%C3%A4": page("<title>by the header</title>"),
        "/script": page("<meta http-equiv=refresh content='0; url=javascript:x'><title>stays</title>")
      })
      assert.strictEqual((yield* fetch(local.url("/"), [local])).title, "by the header")
      assert.strictEqual((yield* fetch(local.url("/script"), [local])).title, "stays")
    }))

  it.live("Meta refresh is followed like a redirect, and as often at most.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) => {
        const hop = Number(request.url?.slice(1))
        const handler = request.url === "/end"
          ? page("<title>end</title>")
          : refreshing(hop === 3 ? "/end" : `/${hop + 1}`)
        handler(request, response)
      })
      const found = yield* fetch(local.url("/1"), [local], { SCRAPER_ROBOTS: "false" })
      assert.deepInclude(found, { title: "end", finalUrl: local.url("/end") })
      const failure = yield* refusal(local.url("/5"), [local], { SCRAPER_ROBOTS: "false" })
      assert.strictEqual(failure.reason, "TooManyRedirects")
    }))

  it.live("Meta refresh may not lead where a redirect may not.", () =>
    Effect.gen(function*() {
      const secret = yield* site({ "/": page("secret") })
      const local = yield* site({
        "/": refreshing(secret.url("/")),
        "/svg": page(
          `<svg><meta http-equiv=refresh content="0;url=/x"></svg><noscript><meta http-equiv=refresh content="0;url=/x"></noscript><title>here</title>`
        )
      })
      assert.strictEqual((yield* refusal(local.url("/"), [local])).reason, "Blocked")
      assert.lengthOf(secret.hits, 0)
      assert.strictEqual((yield* fetch(local.url("/svg"), [local])).title, "here")
    }))
})

/** Sends cookies along with a redirect, and keeps what came back. */
const counting =
  (cookies: ReadonlyArray<string>, to: string, seen: Array<string | undefined>): Handler => (request, response) => {
    seen.push(request.headers.cookie)
    response.writeHead(302, { location: to, "set-cookie": [...cookies] }).end()
  }

describe("cookies", () => {
  it.live("Cookies are kept while a page redirects to itself.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) => {
        if (request.headers.cookie === "seen=1") return page("<title>the content</title>")(request, response)
        counting(["seen=1"], "/", [])(request, response)
      })
      const env = { SCRAPER_ROBOTS: "false" }
      assert.strictEqual((yield* fetch(local.url("/"), [local], env)).title, "the content")
    }))

  it.live("Cookies go only where and as long as they may, and not to another server or a later page.", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const other = yield* site((request, response) => {
        seen.push(request.headers.cookie)
        page("<title>end</title>")(request, response)
      })
      const cookies = [
        "plain=1",
        "deep=1; Path=/deep",
        "secure=1; Secure",
        "dead=1; Max-Age=0",
        "old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "foreign=1; Domain=other.example",
        "all=1; Domain=127.0.0.1",
        "comma=a,b",
        `long=${"x".repeat(5000)}`,
        "=nameless",
        ""
      ]
      const local = yield* site({
        "/": counting(cookies, "/next", seen),
        "/next": counting(["plain=; Max-Age=0"], "/deep/er", seen),
        "/deep/er": counting([], other.url("/"), seen),
        "/last": counting([], "/end", seen),
        "/end": counting([], other.url("/"), seen)
      })
      const pages = yield* scraper([local, other], { SCRAPER_ROBOTS: "false" })
      yield* pages.fetch(local.url("/"))
      const names = seen.map((cookie) =>
        cookie?.split("; ").map((pair) => pair.split("=", 1).join("")).toSorted().join()
      )
      assert.isUndefined(names[0])
      assert.strictEqual(names[1], "all,comma,nameless,plain")
      assert.strictEqual(names[2], "all,comma,deep,nameless")
      assert.isUndefined(names[3])
      seen.length = 0
      yield* pages.fetch(local.url("/last"))
      assert.deepStrictEqual(seen, [undefined, undefined, undefined])
    }))
})
