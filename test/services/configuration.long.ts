/** The shipped services as an operator sets them up. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { launch } from "../cli/launching.ts"
import { boot } from "../web/booting.ts"
import { send } from "../web/client.ts"

describe("configuration", () => {
  it.live(
    "Configuration is read from a file .env; what the environment says goes first.",
    () =>
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
      }),
    90_000
  )

  it.live("Configuration never shows a secret, whatever is wrong with it.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make()
      const good = {
        PORT: "0",
        HEDDLE_TOKEN: "hush-web",
        DISCORD_TOKEN: "hush-bot",
        DISCORD_API_URL: sandbox.url,
        SCRAPER_PROXY: "socks5://ada:hush-proxy@127.0.0.1:9"
      }
      const exits = [
        [{ SCRAPER_PROXY: "ftp://ada:hush-proxy@127.0.0.1:9" }, /SCRAPER_PROXY is no proxy that we speak to/],
        [{ PORT: "none" }, /PORT=none is not a port/],
        [{ DISCORD_CHANNELS: "general" }, /DISCORD_CHANNELS: "general" is no channel's id/],
        [{ DISCORD_READ_MESSAGES: "perhaps" }, /DISCORD_READ_MESSAGES/]
      ] as const
      yield* Effect.forEach(exits, ([change, says]) =>
        Effect.gen(function*() {
          const heddle = yield* launch(["start", "../../services/config.ts"], { env: { ...good, ...change } })
          assert.strictEqual((yield* heddle.ended).code, 1)
          const output = heddle.lines.join("\n")
          assert.match(output, says)
          assert.notInclude(output, "hush")
        }), { concurrency: 2 })
      // What only Discord can refuse, or an outage, stops nothing else.
      const runsOn = [
        [{}, /token is not valid/, /Discord refuses the bot/],
        [{ DISCORD_API_URL: "http://127.0.0.1:9" }, /ECONNREFUSED/, /the bot is disconnected/]
      ] as const
      yield* Effect.forEach(runsOn, ([change, says, reason]) =>
        Effect.gen(function*() {
          const heddle = yield* launch(["start", "../../services/config.ts"], { env: { ...good, ...change } })
          const [url = ""] = /http:\S+$/.exec(yield* heddle.line(/dashboard at http:\S+$/)) ?? []
          yield* heddle.line(says)
          const { text } = yield* Effect.repeat(Effect.delay(send(`${url}/readyz`), "50 millis"), {
            until: ({ status, text }) => status === 503 && reason.test(text)
          })
          assert.notInclude(text, "hush")
          assert.strictEqual((yield* send(`${url}/livez`)).status, 200)
          const headers = { authorization: "Bearer hush-web" }
          const threads = JSON.parse((yield* send(`${url}/api/threads`, { headers })).text)
          for (const { restarts, state } of threads) assert.deepStrictEqual([state, restarts], ["running", 0])
          yield* heddle.signal("SIGTERM")
          assert.strictEqual((yield* heddle.ended).code, 0)
          assert.notInclude(heddle.lines.join("\n"), "hush")
        }), { concurrency: 2 })
    }), 90_000)
})
