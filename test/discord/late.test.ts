/** Answers that Discord does not take. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { ActorError } from "heddle"
import { give, type Late, text } from "../../services/discord/answers.ts"
import { ApiError } from "../../services/discord/discordApi.ts"
import type { Said } from "../../services/discord/DiscordBot.ts"
import type { Refused } from "../../services/discord/refusal.ts"
import type { Question } from "../../services/discord/session.ts"
import { inMillis } from "../../services/discord/spans.ts"

const question: Question = { _tag: "Message", id: "7", channelId: "8" }

/** Answers while Discord answers everything with this status, for five minutes. */
const answered = (status: number, late?: Late<never>) =>
  Effect.gen(function*() {
    const api = {
      request: () => Effect.fail(new ApiError({ request: "POST /", status, code: 0, detail: "away" })),
      refused: yield* Deferred.make<never, Refused>()
    }
    const fiber = yield* Effect.forkChild(Effect.result(give(api, question, text("Pong!"), late)))
    yield* TestClock.adjust("5 minutes")
    return yield* Fiber.join(fiber)
  })

describe("an answer that Discord does not take", () => {
  it.effect("An answer that Discord does not take for three minutes is kept, as a reply that pings nobody.", () =>
    Effect.gen(function*() {
      for (const status of [0, 503]) {
        const kept: Array<readonly [Said, string]> = []
        const result = yield* answered(status, (said, id) => Effect.sync(() => void kept.push([said, id])))
        assert.strictEqual(result._tag, "Success")
        assert.deepStrictEqual(kept, [[
          { channelId: "8", content: "Pong!", embeds: [], components: [], replyTo: "7", mentions: [] },
          "7"
        ]])
      }
    }))

  it.effect("An answer that Discord refuses is not kept, and without a place to keep it the failure is Discord's.", () =>
    Effect.gen(function*() {
      const kept: Array<string> = []
      const refused = yield* answered(403, (_, id) => Effect.sync(() => void kept.push(id)))
      assert(refused._tag === "Failure")
      assert.strictEqual(refused.failure.status, 403)
      assert.deepStrictEqual(kept, [])
      const lost = yield* answered(503)
      assert(lost._tag === "Failure")
      assert.strictEqual(lost.failure.status, 503)
    }))

  it.effect("An answer that can't be kept fails as Discord has failed.", () =>
    Effect.gen(function*() {
      const reason = new ActorError.Unreachable({ handled: "no", why: "is away" })
      const error = new ActorError.ActorError({ actor: "Deliveries", request: "Reply", reason })
      const result = yield* answered(503, () => Effect.fail(error))
      assert(result._tag === "Failure")
      assert.strictEqual(result.failure.status, 503)
    }))
})

describe("a span of time as people write it", () => {
  it("A span is read in all its forms, and what is none is refused.", () => {
    const read = ["10m", "2h30m", "1d 12h", "90s", "3w", " 5 M ", "15"].map(inMillis)
    assert.deepStrictEqual(read, [600_000, 9_000_000, 129_600_000, 90_000, 1_814_400_000, 300_000, 900_000])
    for (const text of ["", "soon", "m", "10x", "-5m", "0m", "0", "10m later", "1.5h", "1e3m", "99999999m"]) {
      assert.isUndefined(inMillis(text), text)
    }
  })
})
