/** The shipped services as an operator sets them up. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { launch } from "../cli/launching.ts"
import { boot } from "../web/booting.ts"
import { send } from "../web/client.ts"

describe("configuration", () => {
  it.live("is read from a file .env; what the environment says goes first", () =>
    Effect.gen(function*() {
      const { ended, url } = yield* boot({ PORT: "0" }, [
        "# the operator's",
        "PORT=1",
        "HEDDLE_TOKEN=\"from the file\""
      ])
      assert.notStrictEqual(new URL(url).port, "1")
      assert.strictEqual((yield* send(`${url}/metrics`)).status, 401)
      const headers = { authorization: "Bearer from the file" }
      assert.strictEqual((yield* send(`${url}/metrics`, { headers })).status, 200)
      assert.strictEqual(yield* ended, 0)
    }), 90_000)

  it.live("never shows a secret, whatever is wrong with it", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const good = {
        PORT: "0",
        HEDDLE_TOKEN: "hush-web",
        DISCORD_TOKEN: "hush-bot",
        DISCORD_API_URL: sandbox.url,
        SCRAPER_PROXY: "socks5://ada:hush-proxy@127.0.0.1:9"
      }
      const wrong = [
        [{}, /token is not valid/],
        [{ DISCORD_API_URL: "http://127.0.0.1:9" }, /ECONNREFUSED/],
        [{ SCRAPER_PROXY: "http://ada:hush-proxy@127.0.0.1:9" }, /SCRAPER_PROXY is not a SOCKS5 proxy/],
        [{ PORT: "none" }, /PORT=none is not a port/]
      ] as const
      yield* Effect.forEach(wrong, ([change, says]) =>
        Effect.gen(function*() {
          const heddle = yield* launch(["start", "../../services/config.ts"], { env: { ...good, ...change } })
          assert.strictEqual((yield* heddle.ended).code, 1)
          const output = heddle.lines.join("\n")
          assert.match(output, says)
          assert.notInclude(output, "hush")
        }), { concurrency: 2 })
    }), 90_000)
})
