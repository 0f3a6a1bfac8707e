import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { clip, fromText } from "../../services/discord/commands.ts"
import { ApiError, throughOutage } from "../../services/discord/discordApi.ts"
import { decode } from "../../services/discord/events.ts"
import { type GatewayView, unwell } from "../../services/discord/gatewayHealth.ts"

describe("commands.fromText", () => {
  it("reads a command and its argument", () => {
    assert.deepStrictEqual(fromText("/health"), { name: "health", argument: "" })
    assert.deepStrictEqual(fromText(" !Scrape   https://example.com \n"), {
      name: "scrape",
      argument: "https://example.com"
    })
  })

  it("leaves alone what is no command, and what may be another bot's", () => {
    for (const text of ["", "hello", "what is /health?", "/ health", "//", "!", "!play a song", "/etc/passwd"]) {
      assert.isNull(fromText(text), text)
    }
    assert.deepStrictEqual(fromText("/unknown"), { name: "unknown", argument: "" })
  })
})

describe("commands.clip", () => {
  it("cuts to the length, the ellipsis included", () => {
    assert.strictEqual(clip("abc", 3), "abc")
    assert.strictEqual(clip("abcd", 3), "ab…")
  })
})

describe("events.decode", () => {
  const message = (author: object) => ({
    type: "MESSAGE_CREATE",
    sequence: 1,
    data: { id: "1", channel_id: "2", content: "/ping", author }
  })

  it("hears people, not bots, and nothing malformed", () => {
    assert.isTrue(Option.isSome(decode(message({ username: "ada" }))))
    assert.isTrue(Option.isNone(decode(message({ username: "another", bot: true }))))
    assert.isTrue(Option.isNone(decode(message({}))))
    assert.isTrue(Option.isNone(decode({ type: "TYPING_START", sequence: 1, data: {} })))
    assert.isTrue(Option.isNone(decode({ type: "INTERACTION_CREATE", sequence: 1, data: { id: "1", type: 3 } })))
  })
})

describe("discordApi.throughOutage", () => {
  const attempts = (status: number) =>
    Effect.gen(function*() {
      const times: Array<number> = []
      const request = Effect.flatMap(Clock.currentTimeMillis, (now) => {
        times.push(now)
        return Effect.fail(new ApiError({ request: "POST /", status, code: 0, detail: "" }))
      })
      const fiber = yield* Effect.forkChild(Effect.flip(throughOutage("3 minutes")(request)))
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual((yield* Fiber.join(fiber)).status, status)
      return times
    })

  it.effect("tries again less and less often, up to every ten seconds, and gives up at the limit", () =>
    Effect.gen(function*() {
      for (const status of [0, 500, 503]) {
        const times = yield* attempts(status)
        const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0))
        assert.isAtMost(waits[0] ?? 0, 600)
        assert.isAtMost(Math.max(...waits), 12_000)
        assert.isAtLeast(Math.min(...waits.slice(-10)), 8000)
        assert.closeTo((times.at(-1) ?? 0) - (times[0] ?? 0), 180_000, 15_000)
      }
    }))

  it.effect("takes a refusal for what it is", () =>
    Effect.gen(function*() {
      for (const status of [400, 401, 403, 404]) assert.lengthOf(yield* attempts(status), 1)
    }))
})

describe("gatewayHealth.unwell", () => {
  const view: GatewayView = {
    state: "ready",
    downSinceMillis: null,
    lastAckMillis: null,
    aliveAtMillis: 0,
    latencyMillis: null,
    heartbeatMillis: 40_000,
    reconnects: 0,
    resumes: 0,
    identifiesLeft: 1000
  }

  it("allows a silence of 1.5 heartbeat intervals, and a second after a beat", () => {
    assert.isNull(unwell(view, 60_000))
    assert.include(unwell(view, 60_001) ?? "", "has not answered a heartbeat for 60.0 s")
    assert.isNull(unwell({ ...view, heartbeatMillis: 1000 }, 2000))
    assert.isNotNull(unwell({ ...view, heartbeatMillis: 1000 }, 2001))
  })

  it("gives the library 30 seconds to get a session back", () => {
    const down: GatewayView = { ...view, state: "disconnected", downSinceMillis: 100_000 }
    assert.isNull(unwell(down, 130_000))
    assert.include(unwell(down, 130_001) ?? "", "without a session")
    assert.isNotNull(unwell({ ...down, state: "resuming", aliveAtMillis: 130_000 }, 130_001))
  })
})
