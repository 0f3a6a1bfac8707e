import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import * as Settings from "../../services/scraper/settings.ts"

const read = (env: Readonly<Record<string, string>>) =>
  Effect.provideService(Settings.read, ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env))

describe("settings", () => {
  it.effect("The scraper needs no settings.", () =>
    Effect.gen(function*() {
      const settings = yield* read({})
      assert.deepInclude(settings, {
        proxy: undefined,
        connectMillis: 10_000,
        firstByteMillis: 15_000,
        idleMillis: 15_000,
        totalMillis: 60_000,
        maxBytes: 10_485_760,
        maxRedirects: 5,
        robots: true,
        allowPrivate: false,
        allowLoopback: false,
        data: ".heddle/scraper"
      })
      assert.strictEqual(settings.allowOrigins.size, 0)
    }))

  it.effect("Settings give more time behind a proxy.", () =>
    Effect.gen(function*() {
      const settings = yield* read({ SCRAPER_PROXY: "socks5h://ada:s%3Acret@127.0.0.1:9050" })
      assert.deepInclude(settings, { connectMillis: 120_000, firstByteMillis: 120_000, totalMillis: 300_000 })
      assert.strictEqual(settings.proxy && Redacted.value(settings.proxy).href, "socks5://ada:s%3Acret@127.0.0.1:9050")
      assert.notInclude(inspect(settings), "cret")
      const impatient = yield* read({ SCRAPER_PROXY: "socks5://127.0.0.1:9050", SCRAPER_CONNECT_TIMEOUT: "3 seconds" })
      assert.strictEqual(impatient.connectMillis, 3000)
    }))

  it.effect("Origins in settings are written one way.", () =>
    Effect.gen(function*() {
      const { allowOrigins } = yield* read({ SCRAPER_ALLOW_ORIGINS: " LOCALHOST:3000, 127.1:80 ,[::1]:443," })
      assert.deepStrictEqual([...allowOrigins], ["localhost:3000", "127.0.0.1:80", "[::1]:443"])
    }))

  const refused: ReadonlyArray<readonly [name: string, value: string]> = [
    ["SCRAPER_PROXY", "ftp://127.0.0.1:8080"],
    ["SCRAPER_PROXY", "socks5://127.0.0.1"],
    ["SCRAPER_USER_AGENT", "two\nlines"],
    ["SCRAPER_CONNECT_TIMEOUT", "0 millis"],
    ["SCRAPER_TOTAL_TIMEOUT", "2 days"],
    ["SCRAPER_MAX_BYTES", "0"],
    ["SCRAPER_MAX_REDIRECTS", "11"],
    ["SCRAPER_CONCURRENCY", "0"],
    ["SCRAPER_ALLOW_ORIGINS", "127.0.0.1"],
    ["SCRAPER_ALLOW_ORIGINS", "http://127.0.0.1:3000"],
    ["SCRAPER_ALLOW_ORIGINS", "a:b"]
  ]
  for (const [name, value] of refused) {
    it.effect(`${name}=${JSON.stringify(value)} is refused by name.`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(read({ [name]: value }))
        assert.include(error.message, name)
      }))
  }

  for (const [name, value] of [["SCRAPER_RETRIES", "many"], ["SCRAPER_ALLOW_PRIVATE", "perhaps"]] as const) {
    it.effect(`${name}=${value} is refused.`, () =>
      Effect.gen(function*() {
        assert.include((yield* Effect.flip(read({ [name]: value }))).message, name)
      }))
  }

  it.effect("Settings never repeat a password.", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(read({ SCRAPER_PROXY: "socks4://ada:secret@127.0.0.1:1" }))
      assert.notInclude(error.message, "secret")
    }))

  it("All settings are in the table, and nothing else is.", () => {
    const source = readFileSync(new URL("../../services/scraper/settings.ts", import.meta.url), "utf8")
    const listed = [...source.matchAll(/^ \* \| `(SCRAPER_\w+)`/gm)].map(([, name]) => name).sort()
    const used = [...source.matchAll(/Config\.\w+\("(SCRAPER_\w+)"\)/g)].map(([, name]) => name).sort()
    assert.deepStrictEqual(listed, used)
  })
})
