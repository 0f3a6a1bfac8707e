/** What the project was asked for: the shipped system, whose web server tells the truth while the bot is stuck. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { boot } from "./booting.ts"
import { follow, post, send } from "./client.ts"

describe("the shipped system", () => {
  it.live(
    "The shipped system answers health while the bot is in an infinite loop, sees it come back, and stops clean.",
    () =>
      Effect.gen(function*() {
        const { ended, url } = yield* boot()
        const page = yield* follow(url)
        yield* page.until((frame) => frame.kind === "snapshot")
        yield* Effect.repeat(send(`${url}/readyz`), { until: ({ status }) => status === 200 })

        yield* post(`${url}/api/chat`, { author: "ada", content: "/health" })
        yield* page.until((frame) => frame.chat.some(({ content }) => content.includes("incarnation 1")))

        const drill = yield* post(`${url}/api/threads/bot/drill`, { how: "spin" })
        assert.strictEqual(drill.status, 200)
        const stuck = yield* page.until((frame) => frame.notReady.includes("DiscordBot"))
        assert.isNull(stuck.problem)
        const answers = yield* Effect.all([send(`${url}/livez`), send(`${url}/readyz`), send(`${url}/metrics`)])
        assert.deepStrictEqual(answers.map(({ status }) => status), [200, 503, 200])
        // Sooner than the watchdog, which waits 5 s.
        for (const { millis } of answers) assert.isBelow(millis, 4500)
        assert.include(answers[1].text, "DiscordBot did not answer within 500 ms")

        yield* page.until((frame) => frame.log.some(({ text }) => text.includes(`thread "bot" #2 is ready`)))
        yield* page.until((frame) => frame.notReady.length === 0)
        assert.strictEqual((yield* send(`${url}/readyz`)).status, 200)
        // What the metrics say of threads may be 200 ms old.
        const counted = `heddle_thread_restarts_total{thread="bot"} 1\n`
        yield* Effect.repeat(send(`${url}/metrics`), { until: ({ text }) => text.includes(counted) })

        assert.strictEqual(yield* ended, 0)
        yield* page.ended
      }),
    90_000
  )
})
