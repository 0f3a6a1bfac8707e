/**
 * The scraper through a private Tor network: `HEDDLE_TOR=1 npx vitest run test/scraper/tor.test.ts`, as `.ci/run` does. It
 * is left out of `npm test` because it takes 20 to 100 seconds, and its seven processes slow others down.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Crawls from "../../services/scraper/crawls.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { directory, run } from "./crawling.ts"
import { page, scraper, site } from "./site.ts"
import * as torNetwork from "./torNetwork.ts"

const wanted = process.env["HEDDLE_TOR"] === "1" && torNetwork.isInstalled

it.live.skipIf(!wanted)(
  "[tor, HEDDLE_TOR=1] The scraper fetches by an exit, fetches an onion, crawls it, also by the command, and names a dead onion.",
  () =>
    Effect.gen(function*() {
      const local = yield* site({
        "/": page("<title>hidden</title><a href=/a>a</a><a href=/b>b</a>"),
        "/a": page("<title>a</title>"),
        "/b": page("<title>b</title>")
      })
      const { onion, programs, socks } = yield* torNetwork.start(Number(new URL(local.url("/")).port))
      const pages = yield* scraper([local], { SCRAPER_PROXY: `socks5://somebody:x@${socks}` })

      const began = Date.now()
      const byExit = yield* Effect.retry(pages.fetch(local.url("/")), {
        times: 30,
        schedule: Schedule.spaced("1 second")
      })
      assert.strictEqual(byExit.title, "hidden")
      const exitMillis = Date.now() - began

      // The onion's descriptor has to be spread first.
      const home = `http://${onion}/`
      const hidden = yield* Effect.retry(pages.fetch(home), { times: 60, schedule: Schedule.spaced("1 second") })
      assert.deepInclude(hidden, { finalUrl: home, title: "hidden", links: [`${home}a`, `${home}b`] })
      const crawl = Crawls.make({ crawlConcurrency: 2 }, pages, yield* Storage.make({ data: ":memory:" }))
      const items = yield* Stream.runCollect(crawl({ seeds: [home] }))
      assert.deepStrictEqual(
        items.map((item) =>
          item._tag === "Fetched" ? item.page.title : item._tag === "Failed" ? item.failure.detail : ""
        ).toSorted(),
        ["a", "b", "hidden"]
      )
      yield* Effect.log(`by an exit after ${exitMillis} ms, onion crawled after ${Date.now() - began} ms`)

      // What a user types, with a Tor that the command starts itself, as none listens on the usual ports.
      const folder = yield* directory
      const args = [home, "--tor", "--out", "pages.jsonl", "--max-depth", "2"]
      const typed = yield* run(folder, args, {
        PATH: `${programs}:${process.env["PATH"]}`,
        SCRAPER_HOST_DELAY: "0 millis"
      })
      assert.include(typed.err, "going through Tor")
      assert.include(typed.err, "3 fetched, 0 failed")
      assert.strictEqual(typed.code, 0, typed.err)
      const found = readFileSync(join(folder, "pages.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line))
      assert.deepStrictEqual(found.map(({ title }) => title).toSorted(), ["a", "b", "hidden"])
      assert.isTrue(existsSync(join(folder, ".heddle/tor")))

      const failure = yield* Effect.flip(pages.fetch(`http://${"a".repeat(56)}.onion/`))
      assert.strictEqual(failure.reason, "Unreachable")
    }),
  300_000
)
