import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import * as Crawls from "../../services/scraper/crawls.ts"
import { csvLine } from "../../services/scraper/export.ts"
import type { Crawled, CrawlRequest, Ended } from "../../services/scraper/Scraper.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { type Handler, page, redirect, scraper, type Site, site } from "./site.ts"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-crawl-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const crawler = (sites: ReadonlyArray<Site>, folder = ":memory:", concurrency = 1, env = {}) =>
  Effect.gen(function*() {
    const pages = yield* scraper(sites, { SCRAPER_HOST_CONCURRENCY: "8", ...env })
    return Crawls.make(
      { crawlConcurrency: concurrency, results: folder },
      pages,
      yield* Storage.make({ data: folder })
    )
  })

const run = (sites: ReadonlyArray<Site>, request: CrawlRequest, concurrency = 1) =>
  Effect.gen(function*() {
    const crawl = yield* crawler(sites, ":memory:", concurrency)
    const items = yield* Stream.runCollect(crawl({ summary: true, maxPages: 1000, maxDepth: 50, ...request }))
    const paths = items.flatMap((item) =>
      item._tag === "Ended" ? [] : [new URL(item._tag === "Fetched" ? item.page.url : item.failure.url).pathname]
    )
    const end = items.find((item): item is Ended => item._tag === "Ended")
    return { items, paths, skipped: end?.skipped ?? {} }
  })

const linking = (...links: ReadonlyArray<string>): Handler =>
  page(links.map((link) => `<a href="${link}">about ${link}</a>`).join(" "))

describe("24.1: which addresses a crawl takes", () => {
  it.live("The patterns of include and exclude are for paths or addresses.", () =>
    Effect.gen(function*() {
      const local = yield* site((_, response) => linking("/a/1", "/a/2.pdf", "/b/1", "/a/b?x=1", "/c")(_, response))
      const seeds = [local.url("/")]
      const only = yield* run([local], { seeds, include: ["/a/", `${local.url("/c")}$`], exclude: ["*.pdf$", "/*?x="] })
      assert.deepStrictEqual(only.paths, ["/", "/a/1", "/c"])
      assert.deepStrictEqual(only.skipped, { pattern: 3 })
      const all = yield* run([local], { seeds, exclude: ["/*"] })
      assert.deepStrictEqual(all.paths, ["/"])
    }))

  it.live("Parameters to ignore make no other page.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": linking("/p?id=1&utm_source=a", "/p?utm_medium=b&id=1", "/p?id=2", "/p?id=1&sid=9"),
        "/p?id=1&utm_source=a": linking(),
        "/p?id=2": linking()
      })
      const { paths } = yield* run([local], { seeds: [local.url("/")], ignoreParameters: ["utm_*", "sid"] })
      assert.lengthOf(paths, 3)
      assert.deepStrictEqual(local.hits, ["/", "/p?id=1&utm_source=a", "/p?id=2"])
    }))

  it.live("A crawl obeys nofollow unless told otherwise; noindex and canonical if told.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": page(
          "start <a href=/no rel=nofollow></a><a href=/page></a><a href=/hidden></a><a href=/copy></a><a href=/x></a>"
        ),
        "/no": linking(),
        "/page": page("<meta name=robots content=nofollow>page <a href=/further></a>"),
        "/further": linking(),
        "/hidden": page("<meta name=robots content=noindex>hidden <a href=/behind></a>"),
        "/behind": page("behind"),
        "/copy": page("<link rel=canonical href=/own>copy"),
        "/own": page("<link rel=canonical href=/own>own"),
        "/x": page("<link rel=canonical href=/y>x"),
        "/y": page("<link rel=canonical href=/x>y")
      })
      const seeds = [local.url("/")]
      const usual = yield* run([local], { seeds })
      assert.deepStrictEqual(usual.paths, ["/", "/page", "/hidden", "/copy", "/x", "/behind"])
      assert.deepStrictEqual(usual.skipped, { nofollow: 2 })
      const none = yield* run([local], { seeds, obey: [] })
      assert.deepStrictEqual(none.paths, ["/", "/no", "/page", "/hidden", "/copy", "/x", "/further", "/behind"])
      const all = yield* run([local], { seeds, obey: ["nofollow", "noindex", "canonical"] })
      assert.deepStrictEqual(all.paths, ["/", "/page", "/behind", "/own", "/y"])
      assert.deepStrictEqual(all.skipped, { nofollow: 2, noindex: 1, canonical: 2 })
    }))

  it.live("Sitemaps may be named in robots.txt, be lists of lists, gz files or texts; none of them is a page.", () =>
    Effect.gen(function*() {
      const send = (body: string | Buffer, type: string): Handler => (_, response) => {
        response.setHeader("content-type", type)
        response.end(body)
      }
      const urls = (...paths: ReadonlyArray<string>) =>
        `<urlset>${paths.map((path) => `<url><loc>${local.url(path)}</loc></url>`).join("")}</urlset>`
      const local: Site = yield* site({
        "/robots.txt": (request, response) =>
          send(`Sitemap: ${local.url("/list.xml")}\nUser-agent: *\nDisallow: /no\nsitemap:/texts.txt`, "text/plain")(
            request,
            response
          ),
        "/list.xml": (request, response) =>
          send(
            `\uFEFF<?xml version="1.0"?><sitemapindex><sitemap><loc>${local.url("/a.xml.gz")}</loc></sitemap>` +
              `<sitemap><loc>${local.url("/b.xml")}</loc></sitemap></sitemapindex>`,
            "application/xml"
          )(request, response),
        "/a.xml.gz": (request, response) =>
          send(gzipSync(urls("/1", "/2", "/no")), "application/x-gzip")(request, response),
        "/b.xml": (request, response) =>
          send(urls("/3").replace("</urlset>", "<loc>http://other.example/</loc></urlset>"), "text/plain")(
            request,
            response
          ),
        "/texts.txt": (request, response) =>
          send(`${local.url("/4")}\r\n\n# no\n${local.url("/5")}`, "text/plain")(request, response),
        ...Object.fromEntries(["/", "/1", "/2", "/3", "/4", "/5"].map((path) => [path, page(`page ${path}`)]))
      })
      const seeds = [local.url("/")]
      const { paths, skipped } = yield* run([local], { seeds, sitemaps: true })
      assert.deepStrictEqual(paths.toSorted(), ["/", "/1", "/2", "/3", "/4", "/5", "/no"])
      assert.deepStrictEqual(skipped, { sitemap: 4, offHost: 1, robots: 1 })
      assert.deepStrictEqual((yield* run([local], { seeds })).paths, ["/"])
    }))

  it.live("A sitemap in the usual place is found, and its absence is no failure; a named one's is.", () =>
    Effect.gen(function*() {
      const local: Site = yield* site({
        "/": page("start"),
        "/sitemap.xml": (request, response) =>
          page(`<urlset><loc>${local.url("/x")}</loc></urlset>`)(request, response),
        "/x": page("x")
      })
      const found = yield* run([local], { seeds: [local.url("/")], sitemaps: true })
      assert.deepStrictEqual(found.paths, ["/", "/x"])
      const bare = yield* site({ "/": page("start") })
      const none = yield* run([bare], { seeds: [bare.url("/")], sitemaps: true })
      assert.deepStrictEqual(none.paths, ["/"])
      assert.deepStrictEqual(none.skipped, { sitemap: 1 })
      const cut: Site = yield* site({
        "/": page("start"),
        "/sitemap.xml": (_, response) => {
          response.setHeader("content-type", "application/gzip")
          response.end(gzipSync(`<urlset><loc>${cut.url("/x")}</loc></urlset>`).subarray(0, 30))
        }
      })
      assert.deepStrictEqual((yield* run([cut], { seeds: [cut.url("/")], sitemaps: true })).paths, [
        "/",
        "/sitemap.xml"
      ])
      const broken = yield* site({
        "/": page("start"),
        "/robots.txt": (_, response) => void response.end("Sitemap: /gone.xml")
      })
      assert.deepStrictEqual((yield* run([broken], { seeds: [broken.url("/")], sitemaps: true })).paths, [
        "/",
        "/gone.xml"
      ])
    }))
})

describe("24.1: cookies of a crawl", () => {
  /** A wall: without its cookie every page leads to it, and it leads back. */
  const walled: Handler = (request, response) => {
    const url = new URL(request.url ?? "", "http://a.example")
    if (url.pathname === "/consent") {
      return void response.writeHead(302, {
        "location": url.searchParams.get("to") ?? "/",
        "set-cookie": "consent=yes; Path=/"
      }).end()
    }
    if (!(request.headers.cookie ?? "").includes("consent=yes")) {
      return redirect(`/consent?to=${url.pathname}`)(request, response)
    }
    linking("/a", "/b", "/c", "/d", "/e", "/f")(request, response)
  }

  it.live("A wall of consent is met once, however many pages are fetched at a time.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) =>
        request.url === "/robots.txt" ? void response.writeHead(404).end() : walled(request, response)
      )
      const seeds = ["/", "/s", "/t", "/u"].map(local.url)
      const { paths, skipped } = yield* run([local], { seeds }, 4)
      assert.deepStrictEqual(paths.toSorted(), ["/", "/a", "/b", "/c", "/d", "/e", "/f", "/s", "/t", "/u"])
      assert.deepStrictEqual(skipped, {})
      assert.lengthOf(local.hits.filter((hit) => hit === "/a"), 1)
    }))

  it.live("One wall for all pages is no duplicate of any.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) => {
        if (request.url === "/wall") {
          return void response.writeHead(302, {
            "location": (request.headers.cookie ?? "").replace(/^.*at=/, ""),
            "set-cookie": "in=1"
          }).end()
        }
        if (!(request.headers.cookie ?? "").includes("in=1")) {
          return void response.writeHead(302, { "location": "/wall", "set-cookie": `at=${request.url}` }).end()
        }
        page(`page ${request.url}`)(request, response)
      })
      const { paths, skipped } = yield* run([local], { seeds: ["/a", "/b"].map(local.url) })
      assert.deepStrictEqual(paths, ["/a", "/b"])
      assert.deepStrictEqual(skipped, {})
    }))

  it.live("Requests before all others log in, and a crawl that goes on logs in again.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      let logins = 0
      const local = yield* site((request, response) => {
        if (request.url === "/login" && request.method === "POST") {
          logins++
          return void response.writeHead(200, { "content-type": "application/json", "set-cookie": "user=ada" }).end(
            "{}"
          )
        }
        if (!(request.headers.cookie ?? "").includes("user=ada")) return void response.writeHead(403).end()
        linking("/a", "/b", "/c")(request, response)
      })
      const request: CrawlRequest = {
        seeds: [local.url("/")],
        before: [{ url: local.url("/login"), method: "POST", body: "user=ada" }]
      }
      const env = { SCRAPER_ROBOTS: "false" }
      yield* Effect.scoped(
        Effect.flatMap(crawler([local], folder, 1, env), (crawl) => Stream.runDrain(Stream.take(crawl(request), 2)))
      )
      const crawl = yield* crawler([local], folder, 1, env)
      const items = yield* Stream.runCollect(crawl(request))
      assert.deepStrictEqual(items.map(({ _tag }) => _tag), ["Fetched", "Fetched", "Fetched", "Fetched"])
      assert.strictEqual(logins, 2)
      const wrong = yield* Effect.flip(
        Stream.runDrain(crawl({ ...request, before: [{ url: local.url("/nowhere") }] }))
      )
      assert.strictEqual(wrong.reason, "Before")
    }))
})

describe("24.1: seeds by POST", () => {
  /** A search by POST, whose results are pages; `/search` by GET is a page of its own. */
  const searching = (bodies: Array<string>): Handler => (request, response) => {
    const path = new URL(request.url ?? "", "http://a.example").pathname
    if (path === "/robots.txt") return void response.writeHead(404).end()
    if (request.method !== "POST") return linking(...(path === "/search" ? [] : ["/search"]))(request, response)
    let body = ""
    request.on("data", (chunk) => void (body += chunk)).on("end", () => {
      bodies.push(`${path} ${body} ${request.headers["x-key"] ?? ""}`)
      if (path === "/moved") return redirect("/search", 307)(request, response)
      if (path === "/done") return redirect("/result?of=done", 303)(request, response)
      linking(`/result?of=${body}`)(request, response)
    })
  }

  it.live("A seed by POST is sent once with its body and headers, and its answer is a page whose links are followed.", () =>
    Effect.gen(function*() {
      const bodies: Array<string> = []
      const local = yield* site(searching(bodies))
      const post = (path: string, body: string) => ({ url: local.url(path), method: "POST" as const, body })
      const seeds: CrawlRequest["seeds"] = [
        { ...post("/search", "q=a"), headers: { "x-key": "k" } },
        post("/search", "q=b"),
        post("/search", "q=b"),
        post("/moved", "q=c"),
        post("/done", "q=d"),
        { url: local.url("/plain") }
      ]
      const { items, skipped } = yield* run([local], { seeds }, 2)
      const urls = items.flatMap((item) =>
        item._tag === "Fetched" ? [item.page.finalUrl.slice(local.url("").length)] : []
      )
      assert.deepStrictEqual(
        urls.toSorted(),
        [
          "/plain",
          "/result?of=done",
          "/result?of=q=a",
          "/result?of=q=b",
          "/result?of=q=c",
          "/search",
          "/search",
          "/search",
          "/search"
        ].toSorted()
      )
      assert.deepStrictEqual(bodies.toSorted(), [
        "/done q=d ",
        "/moved q=c ",
        "/search q=a k",
        "/search q=b ",
        "/search q=c "
      ])
      assert.deepStrictEqual(skipped, {})
    }))

  it.live("A crawl with seeds by POST goes on, and sends none again whose answer it has.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      const bodies: Array<string> = []
      const local = yield* site(searching(bodies))
      const request: CrawlRequest = {
        seeds: ["a", "b", "c"].map((body) => ({ url: local.url("/search"), method: "POST", body }))
      }
      yield* Effect.scoped(
        Effect.flatMap(crawler([local], folder), (crawl) => Stream.runDrain(Stream.take(crawl(request), 2)))
      )
      const crawl = yield* crawler([local], folder)
      // Three answers, the page that each leads to, and the one by GET that these lead to.
      assert.lengthOf(yield* Stream.runCollect(crawl(request)), 7)
      assert.deepStrictEqual(bodies.map((body) => body.split(" ")[1]), ["a", "b", "c"])
    }))

  it.live("Seeds that can't be sent are refused before anything is.", () =>
    Effect.gen(function*() {
      const local = yield* site(searching([]))
      const crawl = yield* crawler([local])
      const wrong: ReadonlyArray<readonly [CrawlRequest["seeds"][number], string]> = [
        [{ url: local.url("/"), body: "x" }, "InvalidRequest"],
        [{ url: local.url("/"), headers: { host: "x" } }, "InvalidRequest"],
        [{ url: "nowhere", method: "POST" }, "InvalidSeed"]
      ]
      for (const [seed, reason] of wrong) {
        assert.strictEqual((yield* Effect.flip(Stream.runDrain(crawl({ seeds: [seed] })))).reason, reason)
      }
      assert.lengthOf(local.hits, 0)
    }))
})

describe("24.1: files of results", () => {
  const shop: Handler = (request, response) => {
    const n = Number((request.url ?? "").slice(1))
    page(
      `<h1>Item ${n}, "the ${n}th"</h1><b>${n}.50</b>` + (n < 19 ? `<a href=/${n + 1}></a><a href=/${n + 2}></a>` : "")
    )(request, response)
  }
  const request = (local: Site, name: string): CrawlRequest => ({
    seeds: [local.url("/0")],
    maxDepth: 100,
    export: name,
    select: { fields: { title: "h1", price: { css: "b", as: "number" } } }
  })
  const lines = (folder: string, name: string) => readFileSync(join(folder, name), "utf8").split(/\r?\n/).slice(0, -1)

  it.live("Files of results grow while the crawl runs, and hold each item once, whatever interrupts it.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      const local = yield* site(shop)
      for (const name of ["items.jsonl", "items.csv"]) {
        for (const taken of [1, 7, 7, 12]) {
          yield* Effect.scoped(Effect.gen(function*() {
            const crawl = yield* crawler([local], folder, 3, { SCRAPER_ROBOTS: "false" })
            yield* Stream.runDrain(Stream.take(crawl(request(local, name)), taken))
            assert.isAtLeast(lines(folder, name).length, taken)
          }))
          // What a killed process had half written.
          writeFileSync(join(folder, name), "{\"title\":\"Item", { flag: "a" })
        }
        const crawl = yield* crawler([local], folder, 3, { SCRAPER_ROBOTS: "false" })
        yield* Stream.runDrain(crawl(request(local, name)))
        const expected = Array.from({ length: 21 }, (_, n) => `Item ${n}, "the ${n}th"`)
        const rows = lines(folder, name)
        if (name.endsWith(".csv")) {
          assert.strictEqual(rows[0], "title,price")
          assert.include(rows, "\"Item 3, \"\"the 3th\"\"\",3.5")
          assert.lengthOf(new Set(rows), 22)
        } else {
          const items: ReadonlyArray<{ readonly title: string }> = rows.map((row) => JSON.parse(row))
          assert.sameMembers(items.map(({ title }) => title), expected)
        }
        assert.lengthOf(rows, name.endsWith(".csv") ? 22 : 21)
      }
    }))

  it.live("Without a selection the file is one of pages; one that was removed is written again.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      const local = yield* site(shop)
      const plain: CrawlRequest = { seeds: [local.url("/0")], maxDepth: 100, export: "pages.jsonl" }
      yield* Effect.scoped(Effect.flatMap(
        crawler([local], folder, 1, { SCRAPER_ROBOTS: "false" }),
        (crawl) => Stream.runDrain(Stream.take(crawl(plain), 5))
      ))
      rmSync(join(folder, "pages.jsonl"))
      const crawl = yield* crawler([local], folder, 1, { SCRAPER_ROBOTS: "false" })
      yield* Stream.runDrain(crawl(plain))
      const rows = lines(folder, "pages.jsonl").map((row) => JSON.parse(row))
      assert.lengthOf(rows, 21)
      assert.deepInclude(rows[0], { url: local.url("/0"), status: 200, depth: 0 })
    }))

  it.live("Names that lead out of the folder, and wrong requests, are refused.", () =>
    Effect.gen(function*() {
      const folder = yield* directory
      const local = yield* site(shop)
      const crawl = yield* crawler([local], folder)
      const seeds = [local.url("/0")]
      const wrong: ReadonlyArray<Partial<CrawlRequest>> = [
        ...["../x.jsonl", "/tmp/x.csv", "a/b.csv", ".x.csv", "x.txt", "x.csv\n", ""].map((name) => ({ export: name })),
        { select: { fields: { a: "b[" } } },
        { headers: { host: "x" } },
        { before: [{ url: "x", body: "y" }] }
      ]
      for (const request of wrong) {
        const failure = yield* Effect.flip(Stream.runDrain(crawl({ seeds, ...request })))
        assert.strictEqual(failure.reason, "InvalidRequest")
      }
      assert.lengthOf(local.hits, 0)
      const items = yield* Stream.runCollect(Stream.mapEffect(
        Stream.take(crawl({ seeds, export: "a.csv" }), 1),
        () => Effect.flip(Stream.runDrain(crawl({ seeds, export: "a.csv", maxDepth: 1 })))
      ))
      assert.strictEqual(items[0]?.reason, "Running")
    }))

  it("A line of CSV quotes what it has to.", () => {
    assert.strictEqual(
      csvLine(["a", 1.5, null, ["x", 2], "b\"c", "d,e", " f", "g\nh"]),
      "a,1.5,,\"[\"\"x\"\",2]\",\"b\"\"c\",\"d,e\",\" f\",\"g\nh\"\r\n"
    )
  })
})

describe("24.1: endless rows of pages", () => {
  const months = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December"
  ]
  const chrome = "<a href=/>Home</a> <a href=/about>About</a> Opening hours 9:00 to 18:30 "
  const day = (year: number, month: number, day: number) => {
    const at = new Date(Date.UTC(year, month - 1, day))
    return [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()] as const
  }
  /** Months that link to their neighbours and days, days that link to their neighbours. */
  const calendar = (path: (...date: ReadonlyArray<number>) => string): Handler => (request, response) => {
    const [year = 2026, month = 1, date] = (request.url ?? "").match(/\d+/g)?.map(Number) ?? []
    const title = date === undefined ? `${months[month - 1]} ${year}` : `${date} ${months[month - 1]} ${year}`
    const near = date === undefined
      ? [
        day(year, month - 1, 1).slice(0, 2),
        day(year, month + 1, 1).slice(0, 2),
        ...Array.from({ length: 28 }, (_, n) => [year, month, n + 1])
      ]
      : [day(year, month, date - 1), day(year, month, date + 1), [year, month]]
    page(
      `<title>${title}</title>${chrome}${date === undefined ? "Events of" : "All day"} ${title} no events ` +
        near.map((date) => `<a href="${path(...date)}">${date.at(-1)}</a>`).join(" ")
    )(request, response)
  }
  const kinds: Readonly<Record<string, (...date: ReadonlyArray<number>) => string>> = {
    "in the path": (...date) => `/calendar/${date.join("/")}`,
    "in one part": (...date) => `/calendar/${date.join("-")}`,
    "in the query": (year, month, date) =>
      `/calendar?year=${year}&month=${month}${date === undefined ? "" : `&day=${date}`}`
  }
  for (const [kind, path] of Object.entries(kinds)) {
    it.live(`An endless calendar with dates ${kind} costs tens of pages.`, () =>
      Effect.gen(function*() {
        const local = yield* site((request, response) => {
          if (request.url === "/" || request.url === "/about") {
            return linking(path(2026, 11), "/about")(request, response)
          }
          calendar(path)(request, response)
        })
        const { paths, skipped } = yield* run([local], { seeds: [local.url("/")] }, 4)
        assert.isAtMost(paths.length, 99)
        assert.isAtLeast(skipped.trap ?? 0, 1)
        const followed = yield* run([local], { seeds: [local.url("/")], traps: true, maxPages: 150 }, 4)
        assert.lengthOf(followed.paths, 150)
      }))
  }

  it.live("Links that grow, and rows without an end by codes, cost tens of pages.", () =>
    Effect.gen(function*() {
      const grows = yield* site((request, response) =>
        page(`${chrome} nothing <a href="${request.url}/deeper/">on</a>`)(request, response)
      )
      const session = yield* site((_, response) =>
        page(`${chrome} nothing <a href="/p?sid=${Math.random().toString(16).slice(2)}a1b2c3d4">on</a>`)(_, response)
      )
      for (const local of [grows, session]) {
        const { paths } = yield* run([local], { seeds: [local.url("/")] })
        assert.isAtMost(paths.length, 40)
      }
    }))

  it.live("A shop's lists, its thousand products, a comic's row and a gallery's are no traps.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) => {
        const [, kind, number] = /^\/(\w+)\/(\d+)$/.exec(request.url ?? "") ?? []
        const n = Number(number)
        if (kind === "list" && n < 30) {
          return page(
            Array.from({ length: 10 }, (_, k) => `<a href=/item/${10 * n + k}><img></a>`).join("") +
              `<a href=/list/${n + 1}>next</a>`
          )(request, response)
        }
        if (kind === "item") return page(`<h1>Item ${n}</h1> price ${((n * 7919) % 900) + 100}`)(request, response)
        if (kind === "comic" && n < 90) {
          return page(
            `comic ${"abcdefghij"[n % 10]}${"klmnopqrst"[Math.floor(n / 10)]} <a href=/comic/${n + 1}>next</a>`
          )(request, response)
        }
        linking("/list/0", "/comic/0")(request, response)
      })
      const { paths, skipped } = yield* run([local], { seeds: [local.url("/")], maxDepth: 100 }, 4)
      assert.deepStrictEqual(skipped, {})
      assert.lengthOf(paths.filter((path) => path.startsWith("/item/")), 300)
      assert.lengthOf(paths.filter((path) => path.startsWith("/comic/")), 91)
    }))
})

describe("what is told of a crawl", () => {
  it.live("A crawl with other wishes is another crawl.", () =>
    Effect.gen(function*() {
      const local = yield* site((_, response) => linking("/a", "/b", "/c")(_, response))
      const crawl = yield* crawler([local])
      const seeds = [local.url("/")]
      const of = (item: Crawled | Ended | undefined) => item?._tag
      const items = yield* Stream.runCollect(Stream.mapEffect(
        Stream.take(crawl({ seeds }), 1),
        () => Stream.runCollect(crawl({ seeds, exclude: ["/c"] }))
      ))
      assert.deepStrictEqual(items[0]?.map(of), ["Fetched", "Fetched", "Fetched"])
    }))
})
