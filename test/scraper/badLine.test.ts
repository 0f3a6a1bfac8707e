/** The scraper over lines that are slow, lossy or dead: a TCP proxy stands between it and the site. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { line, type Options } from "./line.ts"
import { microsocks, socksProxy } from "./microsocks.ts"
import { page, scraper, type Site, site } from "./site.ts"

const body = `<title>whole</title>${"<p>some text</p>".repeat(2000)}<p>the end</p>`

/** A site, the address of its near end over the line, and a scraper that may go there. */
const over = Effect.fnUntraced(function*(options: Options, env: Readonly<Record<string, string>> = {}) {
  const local = yield* site({ "/": page(body) })
  const host = `127.0.0.1:${yield* line(portOf(local), options)}`
  const pages = yield* scraper([{ host }], { SCRAPER_ROBOTS: "false", ...env })
  return { hits: local.hits, fetch: pages.fetch(`http://${host}/`) }
})

const portOf = ({ host }: Site) => Number(host.split(":")[1])

describe.concurrent("over a bad line", () => {
  it.live("A page that comes late in all its pieces is read.", () =>
    Effect.gen(function*() {
      const { fetch } = yield* over({ delayMillis: () => 400 })
      const began = performance.now()
      const { text, title } = yield* fetch
      assert.strictEqual(title, "whole")
      assert.isTrue(text.startsWith("some text"))
      assert.isAtLeast(performance.now() - began, 790)
    }))

  it.live("A page whose connection is cut in the middle is read from its beginning, on another one.", () =>
    Effect.gen(function*() {
      const { fetch, hits } = yield* over({ fate: (n) => n < 2 ? "cut" : "works" }, { SCRAPER_RETRIES: "2" })
      assert.strictEqual((yield* fetch).title, "whole")
      assert.lengthOf(hits, 3)
    }))

  it.live("A connection that brings nothing back is given up in time, and another one serves.", () =>
    Effect.gen(function*() {
      const { fetch, hits } = yield* over(
        { fate: (n) => n === 0 ? "black hole" : "works" },
        { SCRAPER_RETRIES: "1", SCRAPER_FIRST_BYTE_TIMEOUT: "1 second" }
      )
      assert.strictEqual((yield* fetch).title, "whole")
      assert.lengthOf(hits, 2)
    }))

  it.live("A line that stays dead ends in a failure that may pass.", () =>
    Effect.gen(function*() {
      const { fetch, hits } = yield* over(
        { fate: () => "black hole" },
        { SCRAPER_RETRIES: "1", SCRAPER_FIRST_BYTE_TIMEOUT: "300 millis" }
      )
      assert.deepInclude(yield* Effect.flip(fetch), { reason: "TimedOut", retryable: true })
      assert.lengthOf(hits, 2)
    }))

  it.live.skipIf(!microsocks)(
    "[microsocks] A tunnel that takes longer than undici's own five seconds is waited for.",
    () =>
      Effect.gen(function*() {
        const local = yield* site({ "/": page(body) })
        // The proxy's second piece says that the tunnel stands.
        const slow = yield* line(yield* socksProxy(), {
          delayMillis: (piece, direction) => direction === "back" && piece === 1 ? 6000 : 0
        })
        const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false", SCRAPER_PROXY: `socks5://127.0.0.1:${slow}` })
        assert.strictEqual((yield* pages.fetch(local.url("/"))).title, "whole")
      })
  )
})
