import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Crawls from "../../services/scraper/crawls.ts"
import * as Frontier from "../../services/scraper/frontier.ts"
import type { Crawled, CrawlRequest } from "../../services/scraper/Scraper.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { type Handler, page, redirect, scraper, type Site, site } from "./site.ts"

/** A crawler over these sites; its scope is the scraper's life. */
const crawler = (sites: ReadonlyArray<Site>, data = ":memory:", crawlConcurrency = 1) =>
  Effect.gen(function*() {
    const pages = yield* scraper(sites, { SCRAPER_ROBOTS: "false" })
    return addressesOf(Crawls.make({ crawlConcurrency }, pages, yield* Storage.make({ data })))
  })

/** Without the end, which comes only to those who ask for it. */
const addressesOf = (crawl: Crawls.Crawls) => (request: CrawlRequest) =>
  Stream.filter(crawl(request), (item): item is Crawled => item._tag !== "Ended")

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-crawl-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const linking = (...links: ReadonlyArray<string>): Handler =>
  page(links.map((link) => `<a href="${link}">${link}</a>`).join(" "))

/** A page at each path of a tree: `/` links to `/0` … `/2`, `/1` to `/10` … `/12`, without end. */
const tree: Handler = (request, response) =>
  linking(...[0, 1, 2].map((n) => `${(request.url ?? "").replace(/^\/$/, "/")}${n}`))(request, response)

const paths = (items: ReadonlyArray<Crawled>) =>
  items.map((item) => new URL(item._tag === "Fetched" ? item.page.url : item.failure.url).pathname)

describe("Crawl", () => {
  it.live("Crawl goes breadth first, and tells its progress.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": linking("/a", "/b", "/a#again", "mailto:x"),
        "/a": linking("/c", "/"),
        "/b": linking("/a", "/missing"),
        "/c": linking("/d")
      })
      const crawl = yield* crawler([local])
      const items = yield* Stream.runCollect(crawl({ seeds: [local.url("/")], maxDepth: 2 }))
      assert.deepStrictEqual(paths(items), ["/", "/a", "/b", "/c", "/missing"])
      assert.deepStrictEqual(items.map((item) => item.depth), [0, 1, 1, 2, 2])
      assert.deepStrictEqual(items.map((item) => item.progress), [
        { fetched: 1, failed: 0, queued: 2 },
        { fetched: 2, failed: 0, queued: 2 },
        { fetched: 3, failed: 0, queued: 2 },
        { fetched: 4, failed: 0, queued: 1 },
        { fetched: 4, failed: 1, queued: 0 }
      ])
      assert.deepStrictEqual(local.hits, ["/", "/a", "/b", "/c", "/missing"])
    }))

  it.live("Crawl fetches `maxPages` pages at most.", () =>
    Effect.gen(function*() {
      const local = yield* site(tree)
      const crawl = yield* crawler([local], ":memory:", 4)
      const items = yield* Stream.runCollect(crawl({ seeds: [local.url("/")], maxPages: 20, maxDepth: 100 }))
      assert.lengthOf(items, 20)
      assert.lengthOf(local.hits, 20)
      assert.lengthOf(new Set(local.hits), 20)
    }))

  it.live("A crawl of depth 0 is the seeds alone.", () =>
    Effect.gen(function*() {
      const local = yield* site(tree)
      const crawl = yield* crawler([local])
      const items = yield* Stream.runCollect(
        crawl({ seeds: [local.url("/2"), local.url("/1"), local.url("/1#x")], maxDepth: 0 })
      )
      assert.deepStrictEqual(paths(items), ["/2", "/1"])
    }))

  it.live("Crawl stays on the hosts of its seeds, unless told otherwise.", () =>
    Effect.gen(function*() {
      const other = yield* site({ "/": linking() })
      const local = yield* site({ "/": linking(other.url("/"), "/moved"), "/moved": redirect(other.url("/")) })
      const crawl = yield* crawler([local, other])
      const inside = yield* Stream.runCollect(crawl({ seeds: [local.url("/")] }))
      assert.deepStrictEqual(paths(inside), ["/"])
      assert.lengthOf(other.hits, 0)
      const all = yield* Stream.runCollect(crawl({ seeds: [local.url("/")], sameHost: false }))
      assert.lengthOf(all, 2)
      assert.lengthOf(other.hits, 1)
    }))

  it.live("Crawl goes where a seed redirects to.", () =>
    Effect.gen(function*() {
      const www = yield* site({ "/": linking("/a"), "/a": linking() })
      const local = yield* site({ "/": redirect(www.url("/")) })
      const crawl = yield* crawler([local, www])
      const items = yield* Stream.runCollect(crawl({ seeds: [local.url("/")] }))
      assert.deepStrictEqual(paths(items), ["/", "/a"])
      assert.deepStrictEqual(www.hits, ["/", "/a"])
    }))

  it.live("A page that redirects to another one of the crawl is not fetched twice.", () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": linking("/old", "/new", "/older", "/loop"),
        "/old": redirect("/new"),
        "/older": redirect("/new"),
        "/loop": redirect("/"),
        "/new": linking("/")
      })
      const crawl = yield* crawler([local])
      const items = yield* Stream.runCollect(crawl({ seeds: [local.url("/")] }))
      assert.deepStrictEqual(paths(items), ["/", "/old"])
      assert.deepStrictEqual(local.hits, ["/", "/old", "/new", "/older", "/loop"])
      assert.strictEqual(items.at(-1)?.progress.queued, 2)
    }))

  it.live("Crawl fetches several pages at a time, and no more than it may.", () =>
    Effect.gen(function*() {
      let most = 0
      let now = 0
      const local = yield* site((request, response) => {
        most = Math.max(most, ++now)
        setTimeout(() => {
          now--
          tree(request, response)
        }, 10)
      })
      const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false", SCRAPER_HOST_CONCURRENCY: "10" })
      const crawl = Crawls.make({ crawlConcurrency: 3 }, pages, yield* Storage.make({ data: ":memory:" }))
      yield* Stream.runDrain(crawl({ seeds: [local.url("/")], maxPages: 20 }))
      assert.strictEqual(most, 3)
    }))

  it.live("A reader who doesn't read stops the crawl.", () =>
    Effect.gen(function*() {
      const local = yield* site(tree)
      const crawl = yield* crawler([local], ":memory:", 2)
      const first = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(Stream.runForEach(crawl({ seeds: [local.url("/")] }), () =>
        Effect.andThen(Deferred.succeed(first, undefined), Effect.never)))
      yield* Deferred.await(first)
      yield* Effect.sleep("100 millis")
      // One is delivered, two are settled, and two that were on their way then may be as well.
      assert.isAtMost(local.hits.length, 5)
      yield* Fiber.interrupt(fiber)
    }))

  it.live("Interrupting the reader stops what is being fetched.", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const local = yield* site((_, response) => {
        response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
        Deferred.doneUnsafe(asked, Effect.void)
      })
      const crawl = yield* crawler([local])
      const fiber = yield* Effect.forkChild(Stream.runDrain(crawl({ seeds: [local.url("/")] })))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(fiber)
      yield* Effect.timeout(Deferred.await(closed), "2 seconds")
    }))

  it.live("Crawl refuses seeds that are no addresses, and the same crawl twice at a time.", () =>
    Effect.gen(function*() {
      const local = yield* site(tree)
      const crawl = yield* crawler([local])
      for (const seed of ["nonsense", "ftp://a.example/"]) {
        const failure = yield* Effect.flip(Stream.runDrain(crawl({ seeds: [local.url("/"), seed] })))
        assert.strictEqual(failure.reason, "InvalidSeed")
        assert.include(failure.message, seed)
      }
      const request = { seeds: [local.url("/")], maxPages: 5 }
      const again = yield* crawl(request).pipe(
        Stream.take(1),
        Stream.mapEffect(() => Effect.flip(Stream.runDrain(crawl(request)))),
        Stream.runCollect
      )
      assert.strictEqual(again[0]?.reason, "Running")
      assert.lengthOf(yield* Stream.runCollect(crawl(request)), 5)
    }))

  it.live("Crawl says what is wrong with the disk.", () =>
    Effect.gen(function*() {
      const path = join(yield* directory, "file")
      writeFileSync(path, "")
      const local = yield* site(tree)
      const crawl = yield* crawler([local], path)
      const failure = yield* Effect.flip(Stream.runDrain(crawl({ seeds: [local.url("/")] })))
      assert.strictEqual(failure.reason, "Storage")
      assert.include(failure.message, "SCRAPER_DATA")
    }))
})

describe("going on after a crash", () => {
  const plan = (local: Site) => ({ seeds: [local.url("/")], maxPages: 30, maxDepth: 100 })

  it.live("A crawl that goes on after a crash delivers everything and fetches no page twice.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const local = yield* site(tree)
      const before = yield* Effect.scoped(
        Effect.flatMap(crawler([local], data), (crawl) => Stream.runCollect(Stream.take(crawl(plan(local)), 12)))
      )
      assert.lengthOf(before, 12)
      const half = local.hits.length
      assert.isBelow(half, 30)
      const crawl = yield* crawler([local], data)
      const after = yield* Stream.runCollect(crawl(plan(local)))
      assert.lengthOf(after, 30)
      assert.deepStrictEqual(after.slice(0, 12).map((item) => item._tag), before.map((item) => item._tag))
      assert.deepStrictEqual(paths(after).slice(0, 12), paths(before))
      assert.lengthOf(local.hits, 30)
      assert.lengthOf(new Set(local.hits), 30)
    }))

  it.live("A crawl goes on after its process was killed.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const asked = yield* Deferred.make<void>()
      const local = yield* site((request, response) => {
        if (local.hits.length === 12) Deferred.doneUnsafe(asked, Effect.void)
        tree(request, response)
      })
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, [join(import.meta.dirname, "crawlForever.ts"), data, local.url("/"), local.host], {
            stdio: "ignore"
          })
        ),
        (child) => Effect.sync(() => void child.kill("SIGKILL"))
      )
      const died = once(child, "exit")
      yield* Deferred.await(asked)
      child.kill("SIGKILL")
      yield* Effect.promise(() => died)
      const crawl = yield* crawler([local], data)
      const items = yield* Stream.runCollect(crawl(plan(local)))
      assert.lengthOf(new Set(paths(items)), 30)
      // One at a time: the one that was on its way when the process died may have been asked for twice.
      assert.isAtMost(local.hits.length, 31)
      assert.lengthOf(new Set(local.hits), 30)
    }))

  it.live("After several crashes with several fetches at a time, only what was on its way is asked for again.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const local = yield* site(tree)
      const request = { ...plan(local), maxPages: 60 }
      for (const taken of [3, 10, 11, 25, 40]) {
        yield* Effect.scoped(
          Effect.flatMap(crawler([local], data, 4), (crawl) => Stream.runDrain(Stream.take(crawl(request), taken)))
        )
      }
      const crawl = yield* crawler([local], data, 4)
      const items = yield* Stream.runCollect(crawl(request))
      assert.lengthOf(items, 60)
      assert.lengthOf(new Set(paths(items)), 60)
      assert.lengthOf(new Set(local.hits), 60)
      assert.isAtMost(local.hits.length, 60 + 5 * 4)
    }))

  it.live("A crawl that goes on fetches while it delivers what it has.", () =>
    Effect.gen(function*() {
      let goesOn = false
      const data = yield* directory
      const asked = yield* Deferred.make<void>()
      const local = yield* site((request, response) => {
        if (goesOn) Deferred.doneUnsafe(asked, Effect.void)
        tree(request, response)
      })
      yield* Effect.scoped(
        Effect.flatMap(crawler([local], data), (crawl) => Stream.runDrain(Stream.take(crawl(plan(local)), 11)))
      )
      goesOn = true
      const crawl = yield* crawler([local], data)
      let delivered = 0
      // The reader takes one, and no other before another page was asked for.
      yield* Stream.runForEach(crawl(plan(local)), () => {
        delivered++
        return delivered === 1 ? Effect.timeout(Deferred.await(asked), "5 seconds") : Effect.void
      })
      assert.strictEqual(delivered, 30)
      assert.lengthOf(new Set(local.hits), 30)
    }))

  it.live("A page that redirected when the scraper died is fetched again.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const asked = yield* Deferred.make<void>()
      let dead = false
      const local = yield* site({
        "/": linking("/old", "/new"),
        "/old": redirect("/new"),
        "/new": (request, response) => {
          if (dead) return linking()(request, response)
          dead = true
          Deferred.doneUnsafe(asked, Effect.void)
        }
      })
      yield* Effect.scoped(Effect.gen(function*() {
        const crawl = yield* crawler([local], data)
        const fiber = yield* Effect.forkChild(Stream.runDrain(crawl(plan(local))))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(fiber)
      }))
      const crawl = yield* crawler([local], data)
      const items = yield* Stream.runCollect(crawl(plan(local)))
      assert.deepStrictEqual(paths(items), ["/", "/old"])
      assert.strictEqual(items.at(-1)?._tag, "Fetched")
    }))

  it.live("A crawl that came to its end begins again, and so does a fresh one.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const local = yield* site({ "/": linking("/a", "/b"), "/a": linking(), "/b": linking() })
      const crawl = yield* crawler([local], data)
      yield* Stream.runDrain(crawl(plan(local)))
      assert.lengthOf(local.hits, 3)
      yield* Stream.runDrain(Stream.take(crawl(plan(local)), 2))
      assert.lengthOf(local.hits, 5)
      assert.lengthOf(yield* Stream.runCollect(crawl({ ...plan(local), fresh: true })), 3)
      assert.lengthOf(local.hits, 8)
      const database = new DatabaseSync(join(data, "crawls.sqlite"))
      assert.deepStrictEqual({ ...database.prepare("SELECT count(*) AS n FROM pages").get() }, { n: 0 })
      database.close()
    }))

  it.live("Other limits make another crawl.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const local = yield* site(tree)
      const crawl = yield* crawler([local], data)
      yield* Stream.runDrain(Stream.take(crawl(plan(local)), 5))
      const items = yield* Stream.runCollect(crawl({ ...plan(local), maxPages: 3 }))
      assert.lengthOf(items, 3)
      assert.lengthOf(yield* Stream.runCollect(crawl(plan(local))), 30)
    }))
})

describe("the frontier", () => {
  it("The frontier forgets crawls that nobody asked for in a week.", () => {
    const database = new DatabaseSync(":memory:")
    Frontier.prepare(database, 0)
    const address = { key: "http://a.example/", url: "http://a.example/" }
    for (const [id, at] of [["old", 0], ["new", 2]] as const) {
      Frontier.open(database, id, 10, at).add([address], 0)
    }
    Frontier.prepare(database, Frontier.keptMillis + 1)
    assert.isUndefined(Frontier.open(database, "old", 10, 3).take())
    assert.deepStrictEqual(Frontier.open(database, "new", 10, 3).take(), {
      ...address,
      depth: 0,
      kind: "page",
      run: 0,
      parent: ""
    })
    database.close()
  })

  it("The frontier always knows how many wait, without counting them again.", () => {
    const database = new DatabaseSync(":memory:")
    Frontier.prepare(database, 0)
    const counted = database.prepare(
      "SELECT count(*) AS n FROM pages WHERE crawl = 'a' AND state IN ('queued', 'taken')"
    )
    fc.assert(fc.property(fc.array(fc.nat(9), { maxLength: 100 }), (steps) => {
      Frontier.drop(database, "a")
      let frontier = Frontier.open(database, "a", 40, 0)
      let taken: Array<Frontier.Taken> = []
      let next = 0
      const addresses = (count: number) =>
        Array.from({ length: count }, () => ({ key: `k${next++ % 60}`, url: "http://a.example/" }))
      for (const step of steps) {
        const one = taken[0]
        if (step <= 2) frontier.add(addresses(step * 4), 0)
        else if (step <= 4) taken.push(...[frontier.take()].filter((row) => row !== undefined))
        else if (step === 5) {
          frontier = Frontier.open(database, "a", 40, 0)
          taken = []
        } else if (one !== undefined) {
          if (step <= 7) frontier.claim(`k${(next + step * 9) % 60}`, one)
          else if (step === 8) frontier.settle(one, "{}", undefined, { finalKey: `k${(next + step) % 60}` })
          else frontier.skip(one)
          if (step > 7) taken = taken.slice(1)
        }
        assert.strictEqual(frontier.waiting(), counted.get()?.["n"])
      }
    }))
    database.close()
  })

  it("The frontier keeps all that was found, or nothing.", () => {
    const database = new DatabaseSync(":memory:")
    Frontier.prepare(database, 0)
    const frontier = Frontier.open(database, "a", 10, 0)
    frontier.add([{ key: "k", url: "u" }], 0)
    const taken = frontier.take()
    assert.isDefined(taken)
    if (taken === undefined) return
    const broken = function*(): Generator<Frontier.Address> {
      yield { key: "found", url: "found" }
      yield { key: "found too", url: "found too" }
      throw new Error("the disk is full")
    }
    assert.throws(() => frontier.add(broken(), 1), "the disk is full")
    assert.strictEqual(frontier.waiting(), 1)
    const again = Frontier.open(database, "a", 10, 0)
    assert.strictEqual(again.take()?.key, "k")
    assert.isUndefined(again.take())
    database.close()
  })
})

describe("14.9: nothing is left out in silence", () => {
  const text = (body: string, type = "text/plain"): Handler => (_, response) => {
    response.setHeader("content-type", type)
    response.end(body)
  }
  const all = (crawl: Crawls.Crawls, request: CrawlRequest) => Stream.runCollect(crawl({ ...request, summary: true }))
  const crawling = (sites: ReadonlyArray<Site>, env: Readonly<Record<string, string>> = {}, data = ":memory:") =>
    Effect.gen(function*() {
      const settings = { crawlConcurrency: 1, allowLoopback: env["SCRAPER_ALLOW_LOOPBACK"] === "true" }
      return Crawls.make(settings, yield* scraper(sites, env), yield* Storage.make({ data }))
    })

  it.live("A crawl counts what it skipped by reason, in the progress and at the end.", () =>
    Effect.gen(function*() {
      const other = yield* site({ "/": linking() })
      const local = yield* site({
        "/robots.txt": text("User-agent: *\nDisallow: /no"),
        "/": linking(
          "/no1",
          "/no2",
          "/x.png",
          "/a",
          other.url("/1"),
          other.url("/2"),
          "/again",
          "/away",
          "http://10.0.0.1/"
        ),
        "/x.png": text("png", "image/png"),
        "/a": linking("/deep1", "/deep2", other.url("/1"), "/"),
        "/again": redirect("/a"),
        "/away": redirect(other.url("/3"))
      })
      const items = yield* all(yield* crawling([local, other]), { seeds: [local.url("/")], maxDepth: 1 })
      assert.deepStrictEqual(items.at(-1), {
        _tag: "Ended",
        progress: { fetched: 2, failed: 0, queued: 0 },
        skipped: { robots: 2, type: 1, offHost: 4, duplicate: 1, depth: 2 }
      })
      assert.deepStrictEqual(items[0]?.skipped, { offHost: 3 })
      assert.deepStrictEqual(items.map(({ _tag }) => _tag), [
        "Fetched",
        "Failed",
        "Failed",
        "Failed",
        "Fetched",
        "Ended"
      ])
      assert.lengthOf(other.hits, 0)
    }))

  it.live("maxPages counts pages that were fetched, not what was skipped.", () =>
    Effect.gen(function*() {
      const forbidden = Array.from({ length: 30 }, (_, n) => `/no${n}`)
      const local = yield* site((request, response) => {
        if (request.url === "/robots.txt") return text("User-agent: *\nDisallow: /no")(request, response)
        if (request.url?.startsWith("/p") === true) return text("x", "image/png")(request, response)
        linking(...forbidden, "/p1", "/p2", `${request.url}0`, `${request.url}1`)(request, response)
      })
      const items = yield* all(yield* crawling([local]), { seeds: [local.url("/")], maxPages: 5, maxDepth: 9 })
      assert.lengthOf(items.filter(({ _tag }) => _tag === "Fetched"), 5)
      const end = items.at(-1)
      assert.deepInclude(end?.progress, { fetched: 5, failed: 0 })
      assert.deepStrictEqual(end?.skipped, { robots: 30, type: 2, limit: 6 })
    }))

  it.live("A crawl goes on with its counts after a restart.", () =>
    Effect.gen(function*() {
      const data = yield* directory
      const local = yield* site({
        "/robots.txt": text("User-agent: *\nDisallow: /no"),
        "/": linking("/no", "http://far.example/", "/a", "/b"),
        "/a": linking("http://far.example/", "http://further.example/"),
        "/b": linking("/gone")
      })
      const request = { seeds: [local.url("/")], maxPages: 4 }
      for (const taken of [1, 2, 3]) {
        yield* Effect.scoped(
          Effect.flatMap(crawling([local], {}, data), (crawl) => Stream.runDrain(Stream.take(crawl(request), taken)))
        )
      }
      const items = yield* all(yield* crawling([local], {}, data), request)
      assert.deepStrictEqual(items.at(-1), {
        _tag: "Ended",
        progress: { fetched: 3, failed: 1, queued: 0 },
        skipped: { robots: 1, offHost: 2 }
      })
      assert.deepStrictEqual(local.hits.toSorted(), ["/", "/a", "/b", "/gone"])
    }))

  it.live("A crawl reads all of a sitemap, and says which of its addresses are beyond the limit.", () =>
    Effect.gen(function*() {
      const local = yield* site((request, response) =>
        request.url === "/sitemap.xml"
          ? text(`<urlset>${Array.from({ length: 3000 }, (_, n) => `<loc>/${n}</loc>`).join("")}</urlset>`, "text/xml")(
            request,
            response
          )
          : linking()(request, response)
      )
      const crawl = yield* crawling([local], { SCRAPER_ROBOTS: "false" })
      const items = yield* all(crawl, { seeds: [local.url("/sitemap.xml")], maxPages: 3 })
      const [first] = items
      assert.lengthOf(first?._tag === "Fetched" ? first.page.links : [], 3000)
      assert.deepStrictEqual(items.at(-1)?.skipped, { limit: 2998 })
    }))

  it.live("A link of another host to this machine is not the operator's.", () =>
    Effect.gen(function*() {
      const secret = yield* site({ "/": linking() })
      const local = yield* site({ "/": linking(secret.url("/"), "/a"), "/a": linking() })
      const crawl = yield* crawling([], { SCRAPER_ALLOW_LOOPBACK: "true", SCRAPER_ROBOTS: "false" })
      const items = yield* all(crawl, { seeds: [local.url("/")], sameHost: false })
      assert.deepStrictEqual(items.at(-1)?.skipped, { blocked: 1 })
      assert.deepStrictEqual(local.hits, ["/", "/a"])
      assert.lengthOf(secret.hits, 0)
    }))

  it.live("Unless a summary is asked for, the last address is the end.", () =>
    Effect.gen(function*() {
      const local = yield* site({ "/": linking("http://far.example/") })
      const crawl = yield* crawling([local], { SCRAPER_ROBOTS: "false" })
      const items = yield* Stream.runCollect(crawl({ seeds: [local.url("/")] }))
      assert.deepStrictEqual(items.map(({ _tag }) => _tag), ["Fetched"])
      assert.deepStrictEqual(items[0]?.skipped, { offHost: 1 })
    }))
})
