/** 24.1: crawling from the command line, and the Tor of this machine. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as LocalTor from "../../services/scraper/localTor.ts"
import { directory, run } from "./crawling.ts"
import { page, site, tcp } from "./site.ts"

describe("24.1: npm run crawl", () => {
  it.live("npm run crawl writes items to a file, and goes on where it was interrupted.", () =>
    Effect.gen(function*() {
      const cwd = yield* directory
      let stop = () => {}
      const local = yield* site((request, response) => {
        const n = Number((request.url ?? "").slice(1))
        if (local.hits.length === 10) stop()
        page(`<h1>Item ${n}</h1>${n < 30 ? `<a href=/${n + 1}></a>` : ""}`)(request, response)
      })
      const env = { SCRAPER_ALLOW_ORIGINS: local.host, SCRAPER_HOST_DELAY: "20 millis" }
      writeFileSync(join(cwd, "select.json"), JSON.stringify({ fields: { title: "h1" } }))
      const args = [local.url("/0"), "--out", "found/items.jsonl", "--select", "select.json", "--max-depth", "100"]
      yield* run(cwd, args, env, (kill) => {
        stop = kill
      })
      const half = local.hits.length
      assert.isBelow(half, 31)
      const { code, err } = yield* run(cwd, args, env)
      assert.strictEqual(code, 0)
      assert.include(err, "31 fetched, 0 failed")
      const titles = readFileSync(join(cwd, "found/items.jsonl"), "utf8").trim().split("\n").map((line) =>
        JSON.parse(line)
      )
      assert.deepStrictEqual(titles, Array.from({ length: 31 }, (_, n) => ({ title: `Item ${n}` })))
      assert.isAtMost(local.hits.length, 31 + 4)
    }))

  it.live("npm run crawl prints pages as lines of JSON, and says what is wrong.", () =>
    Effect.gen(function*() {
      const cwd = yield* directory
      const local = yield* site({ "/": page("<title>hello</title>") })
      const fine = yield* run(cwd, [local.url("/")], { SCRAPER_ALLOW_ORIGINS: local.host })
      assert.deepInclude(JSON.parse(fine.out), { url: local.url("/"), title: "hello" })
      for (const args of [["nonsense"], [local.url("/"), "--nope"], [local.url("/"), "--max-pages", "x"]]) {
        const wrong = yield* run(cwd, args)
        assert.strictEqual(wrong.code, 1, args.join(" "))
        assert.match(wrong.err, /^crawl: /m)
      }
      assert.include((yield* run(cwd, [])).err, "npm run crawl")
    }))
})

describe("24.1: the Tor of this machine", () => {
  it.live("The Tor of this machine is found by what it says, and gets a user for each crawl.", () =>
    Effect.gen(function*() {
      const cwd = yield* directory
      const other = yield* tcp((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
      const tor = yield* tcp((socket) => void socket.once("data", () => socket.write(Uint8Array.of(5, 2))))
      const find = LocalTor.find(cwd, [other, tor])
      const [one, two] = [yield* find, yield* find]
      assert.match(one, new RegExp(`^socks5://crawl-[0-9a-f]{12}:x@127\\.0\\.0\\.1:${tor}$`))
      assert.notStrictEqual(one, two)
    }))

  it.live("Where there is no Tor, the command says how to get one.", () =>
    Effect.gen(function*() {
      const cwd = yield* directory
      const path = process.env["PATH"]
      yield* Effect.acquireRelease(
        Effect.sync(() => void (process.env["PATH"] = cwd)),
        () => Effect.sync(() => void (process.env["PATH"] = path))
      )
      const failure = yield* Effect.flip(LocalTor.find(cwd, []))
      assert.include(failure.message, "apt install tor")
    }))
})
