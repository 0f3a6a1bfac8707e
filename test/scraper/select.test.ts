import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { numberOf } from "../../services/scraper/selecting.ts"
import { type Handler, page, refusal, scraper, site } from "./site.ts"

const shop = page(`<base href="/shop/"><title>Shop</title>
  <article class="product" data-id="1"><h2> Red <b>ball</b>\n</h2><span class=price>$1,234.50</span><a href="red">more</a>
    <ul><li>a</li><li>b</li></ul></article>
  <article class="product" data-id="2"><h2>Blue ball</h2><a href="http://[">more</a><div>inner <h2>not this</h2></div></article>
  <article class="product"><span class=price>3</span></article>`)

const select = (fields: Parameters<typeof one>[0]["fields"], each?: string) =>
  one({ fields, ...(each === undefined ? {} : { each }) })

const one = (select: {
  readonly each?: string
  readonly fields: Record<string, string | Readonly<Record<string, unknown>>>
}) =>
  Effect.gen(function*() {
    const local = yield* site({ "/": shop })
    const pages = yield* scraper([local])
    return yield* pages.fetch({ url: local.url("/"), select }).pipe(
      Effect.map(({ items = [] }) => JSON.parse(JSON.stringify(items).replaceAll(local.host, "shop.example")))
    )
  })

describe("24.1: select", () => {
  it.live("A selection takes typed items out of a page.", () =>
    Effect.gen(function*() {
      const items = yield* select({
        name: { css: "h2", required: true },
        price: { css: ".price", as: "number" },
        link: { css: "a", attribute: "href" },
        tags: { css: "li", all: true },
        id: { attribute: "data-id", as: "number" },
        page: { page: "url" },
        shop: { page: "title" }
      }, "article.product")
      const common = { page: "http://shop.example/", shop: "Shop" }
      assert.deepStrictEqual(items, [
        { name: "Red ball", price: 1234.5, link: "http://shop.example/shop/red", tags: ["a", "b"], id: 1, ...common },
        { name: "Blue ball", price: null, link: null, tags: [], id: 2, ...common }
      ])
    }))

  it.live("A selection may take the page for one item, and knows relative selectors, :scope, :has and HTML.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(
        yield* select({
          first: "article > h2",
          has: { css: "article:has(li)", attribute: "data-id" },
          html: { css: "h2", as: "html" },
          none: ".none"
        }),
        [{ first: "Red ball", has: "1", html: " Red <b>ball</b>\n", none: null }]
      )
      assert.deepStrictEqual(
        yield* select(
          { own: { css: ":scope > h2", all: true }, same: { css: "> h2", all: true } },
          "article:nth-of-type(2)"
        ),
        [
          { own: ["Blue ball"], same: ["Blue ball"] }
        ]
      )
    }))

  it.live("The failure says which selector can't be used.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": shop })
      const pages = yield* scraper([local])
      for (const css of ["h2[", "::before", "a:nope(1)", ":not("]) {
        const failure = yield* Effect.flip(pages.fetch({ url: local.url("/"), select: { fields: { price: css } } }))
        assert.strictEqual(failure.reason, "InvalidRequest")
        assert.include(failure.detail, "\"price\"")
      }
      assert.lengthOf(local.hits, 0)
    }))

  it.live("A selection is not confused by names of Object, and says what was left out.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": page(`<p constructor=1 __proto__=x>a</p><p>b</p>${"<i>x</i>".repeat(60_000)}`)
      })
      const pages = yield* scraper([local])
      const { items, truncated } = yield* pages.fetch({
        url: local.url("/"),
        select: { each: "p[constructor]", fields: { toString: { attribute: "__proto__" }, constructor: "i" } }
      })
      assert.strictEqual(JSON.stringify(items), "[{\"toString\":\"x\",\"constructor\":null}]")
      assert.deepInclude(truncated, { items: true })
    }))

  it("Numbers are read as people write them.", () => {
    const cases: ReadonlyArray<readonly [string, number | null]> = [
      ["42", 42],
      ["$1,234.50", 1234.5],
      ["1.234,50 €", 1234.5],
      ["1,234", 1234],
      ["1,23", 1.23],
      ["1.234", 1.234],
      ["1.234.567", 1_234_567],
      ["1 234 567 kr", 1_234_567],
      ["12 34", 12],
      ["-5 °C", -5],
      ["−5", -5],
      ["3 of 10", 3],
      ["1'000.5", 1000.5],
      ["0,125", 0.125],
      ["2e3", 2000],
      ["", null],
      ["none", null],
      ["1e999", null]
    ]
    for (const [text, number] of cases) assert.strictEqual(numberOf(text), number, text)
  })
})

describe("24.1: what is sent and delivered", () => {
  it.live("HTML and headers come when they are asked for.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": (request, response) => {
          response.setHeader("X-Answer", "42")
          page("<p>grüß</p>")(request, response)
        }
      })
      const pages = yield* scraper([local])
      const plain = yield* pages.fetch(local.url("/"))
      assert.notProperty(plain, "html")
      assert.notProperty(plain, "headers")
      const full = yield* pages.fetch({ url: local.url("/"), html: true, responseHeaders: true })
      assert.strictEqual(full.html, "<p>grüß</p>")
      assert.strictEqual(full.headers?.["x-answer"], "42")
    }))

  it.live("POST sends a body once, and a redirect of it leads on by GET.", () =>
    Effect.gen(function*() {
      const got: Array<string> = []
      const local = yield* site((request, response) => {
        if (request.url === "/robots.txt") return void response.writeHead(404).end()
        let body = ""
        request.on("data", (piece) => body += piece).on("end", () => {
          got.push(`${request.method} ${request.url} ${request.headers["content-type"] ?? "-"} ${body}`)
          if (request.url === "/login") return void response.writeHead(302, { location: "/home" }).end()
          if (request.url === "/again") return void response.writeHead(307, { location: "/end" }).end()
          if (request.url === "/busy") return void response.writeHead(503).end()
          page("<title>in</title>")(request, response)
        })
      })
      const pages = yield* scraper([local], { SCRAPER_RETRIES: "3" })
      const post = { method: "POST", body: "a=b" } as const
      assert.strictEqual((yield* pages.fetch({ url: local.url("/login"), ...post })).title, "in")
      yield* pages.fetch({ url: local.url("/again"), ...post, headers: { "Content-Type": "text/plain" } })
      assert.strictEqual((yield* Effect.flip(pages.fetch({ url: local.url("/busy"), ...post }))).reason, "Status")
      const form = "application/x-www-form-urlencoded"
      assert.deepStrictEqual(got, [
        `POST /login ${form} a=b`,
        "GET /home - ",
        "POST /again text/plain a=b",
        "POST /end text/plain a=b",
        `POST /busy ${form} a=b`
      ])
    }))

  it.live("Headers stay on the origin that they are for, and some can't be sent.", () =>
    Effect.gen(function*() {
      const seen: Array<string | undefined> = []
      const other = yield* site((request, response) => {
        seen.push(`${request.headers.authorization} ${request.headers.cookie}`)
        page("there")(request, response)
      })
      const local = yield* site((request, response) => {
        seen.push(`${request.headers.authorization} ${request.headers.cookie}`)
        response.writeHead(302, { "location": other.url("/"), "set-cookie": "b=2" }).end()
      })
      const headers = { authorization: "secret", cookie: "a=1" }
      const pages = yield* scraper([local, other], { SCRAPER_ROBOTS: "false" })
      yield* pages.fetch({ url: local.url("/"), headers })
      assert.deepStrictEqual(seen, ["secret a=1", "undefined undefined"])
      for (
        const headers of [{ host: "evil" }, { "a b": "c" }, { a: "b\r\nc: d" }, { "transfer-encoding": "chunked" }]
      ) {
        const failure = yield* Effect.flip(pages.fetch({ url: local.url("/"), headers }))
        assert.strictEqual(failure.reason, "InvalidRequest")
      }
      assert.strictEqual(
        (yield* Effect.flip(pages.fetch({ url: local.url("/"), body: "a" }))).reason,
        "InvalidRequest"
      )
      assert.lengthOf(seen, 2)
    }))

  it.live("A page tells what it asks of robots, and what it calls itself.", () =>
    Effect.gen(function*() {
      const tagged = (tag: string | Array<string>, body = ""): Handler => (_, response) => {
        response.writeHead(200, { "content-type": "text/html", "x-robots-tag": tag })
        response.end(body)
      }
      const local = yield* site({
        "/meta": page("<meta content='NOINDEX, follow' name=Robots><meta name=googlebot content=nofollow>"),
        "/ours": page("<meta name=heddle content=none>"),
        "/drawn": page("<svg><meta name=robots content=noindex></svg>"),
        "/tag": tagged("noindex"),
        "/tags": tagged(["googlebot: noindex", "heddle: nofollow, unavailable_after: 25 Jun 2031 15:00:00 PST"]),
        "/other": tagged("otherbot: noindex, nofollow"),
        "/canonical": page(
          "<link rel='foo Canonical' href='/own#x'><a rel=nofollow href=/a></a><a href=/b></a><a href=/a rel='x NoFollow'></a>"
        ),
        "/twice": page("<a rel=nofollow href=/a></a><a href=/a></a>")
      })
      const pages = yield* scraper([local])
      const of = (path: string) => Effect.map(pages.fetch(local.url(path)), ({ directives }) => directives)
      assert.deepStrictEqual(yield* of("/meta"), { noindex: true })
      assert.deepStrictEqual(yield* of("/ours"), { noindex: true, nofollow: true })
      assert.isUndefined(yield* of("/drawn"))
      assert.deepStrictEqual(yield* of("/tag"), { noindex: true })
      assert.deepStrictEqual(yield* of("/tags"), { nofollow: true })
      assert.isUndefined(yield* of("/other"))
      const canonical = yield* pages.fetch(local.url("/canonical"))
      assert.strictEqual(canonical.canonical, local.url("/own#x"))
      assert.deepStrictEqual(canonical.nofollow, [local.url("/a")])
      assert.deepStrictEqual(canonical.links, [local.url("/a"), local.url("/b")])
      assert.isUndefined((yield* pages.fetch(local.url("/twice"))).nofollow)
    }))

  it.live("What makes no address is refused before anything is sent.", () =>
    Effect.map(refusal("nonsense", []), ({ reason }) => assert.strictEqual(reason, "InvalidUrl")))
})
