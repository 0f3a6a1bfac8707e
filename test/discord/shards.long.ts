/** Several connections of one bot, each on its own thread. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as shards from "../../services/discord/shards.ts"
import { boot } from "../web/booting.ts"
import { follow, post, send } from "../web/client.ts"

describe("shards", () => {
  it("There are as many shards as DISCORD_SHARDS says, one without it.", () => {
    assert.strictEqual(shards.countFrom({}), 1)
    assert.strictEqual(shards.countFrom({ DISCORD_SHARDS: "" }), 1)
    assert.strictEqual(shards.countFrom({ DISCORD_SHARDS: " 16 " }), 16)
    for (const DISCORD_SHARDS of ["0", "-1", "1.5", "65", "two"]) {
      assert.throws(() => shards.countFrom({ DISCORD_SHARDS }), `DISCORD_SHARDS=${DISCORD_SHARDS} is not a number`)
    }
  })

  for (const [count, concurrency] of [[2, 1], [5, 1], [32, 16], [40, 16]] as const) {
    it(`Of ${count} shards, ${concurrency} together, logins are five seconds apart, and all have their turn.`, () => {
      const allowed = (id: number, nowMillis: number) =>
        shards.untilTurnMillis({ id, count }, concurrency, nowMillis) === 0
      const logins: Array<{ readonly bucket: number; readonly atMillis: number; readonly id: number }> = []
      const now = 1_790_000_000_000
      for (let atMillis = now; atMillis < now + shards.roundMillis({ id: 0, count }, concurrency); atMillis += 50) {
        for (let id = 0; id < count; id++) {
          if (allowed(id, atMillis)) logins.push({ bucket: id % concurrency, atMillis, id })
        }
      }
      assert.lengthOf(new Set(logins.map(({ id }) => id)), count)
      const near = logins.flatMap((one) =>
        logins.filter((other) =>
          other.id !== one.id && other.bucket === one.bucket && Math.abs(other.atMillis - one.atMillis) < 5000
        )
      )
      assert.deepStrictEqual(near, [])
      for (let id = 0; id < count; id++) {
        assert.isTrue(allowed(id, now + shards.untilTurnMillis({ id, count }, concurrency, now)))
      }
    })
  }

  it("Shards take no turns when all may log in together.", () => {
    assert.strictEqual(shards.untilTurnMillis({ id: 0, count: 1 }, 1, 3000), 0)
    assert.strictEqual(shards.untilTurnMillis({ id: 9, count: 16 }, 16, 3000), 0)
  })

  it.live("Each shard of the shipped system has its thread, and one of them answers.", () =>
    Effect.gen(function*() {
      const { ended, says, url } = yield* boot({ DISCORD_SHARDS: "2" })
      for (const shard of [0, 1]) yield* says(new RegExp(`(The bot is heddle .*shard ${shard} of 2)`))
      const page = yield* follow(url)
      yield* Effect.repeat(send(`${url}/readyz`), { until: ({ status }) => status === 200 })
      const { text } = yield* send(`${url}/readyz?verbose`)
      assert.include(text, "[+] bot: ok")
      assert.include(text, "[+] bot-1: ok")
      const { text: discord } = yield* send(`${url}/health/discord?verbose`)
      for (const shard of [0, 1]) assert.include(discord, `[+] discord shard ${shard}: connected as heddle;`)
      yield* post(`${url}/api/chat`, { author: "ada", content: "!ping" })
      yield* post(`${url}/api/chat`, { author: "ada", content: "/help" })
      const chat: Array<string> = []
      yield* page.until((frame) => {
        chat.push(...frame.chat.map(({ content }) => content))
        return chat.filter((content) => /Pong|I can do/.test(content)).length === 2
      })
      assert.lengthOf(chat.filter((content) => content.startsWith("Pong")), 1)
      assert.strictEqual(yield* ended, 0)
    }), 90_000)
})
