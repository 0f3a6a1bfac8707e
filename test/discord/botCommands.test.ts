import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as Command from "../../services/discord/Command.ts"
import { ApiError, throughOutage } from "../../services/discord/discordApi.ts"
import { decode } from "../../services/discord/events.ts"
import { type GatewayView, isOverdue, unwell } from "../../services/discord/gatewayHealth.ts"
import { waitMillis } from "../../services/discord/keeper.ts"
import * as limiting from "../../services/discord/limiting.ts"
import * as logins from "../../services/discord/logins.ts"
import * as repertoire from "../../services/discord/repertoire.ts"
import { clip } from "../../services/discord/words.ts"

describe("repertoire.read", () => {
  const { read } = repertoire.make([
    Command.make({ name: "scrape", description: "Scrapes", run: () => Effect.succeed("") })
  ])
  const typed = (text: string) => Option.getOrNull(Option.map(read(text), ({ argument, name }) => [name, argument]))

  it("repertoire.read reads a command and its argument.", () => {
    assert.deepStrictEqual(typed("/health"), ["health", ""])
    assert.deepStrictEqual(typed(" !Scrape   https://example.com \n"), ["scrape", "https://example.com"])
  })

  it("repertoire.read leaves alone what is no command, and what may be another bot's.", () => {
    for (const text of ["", "hello", "what is /health?", "/ health", "//", "!", "!play a song", "/etc/passwd"]) {
      assert.isNull(typed(text), text)
    }
    assert.deepStrictEqual(typed("/unknown"), ["unknown", ""])
  })
})

describe("words.clip", () => {
  it("words.clip cuts to the length, the ellipsis included.", () => {
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

  it("events.decode hears people, not bots, and nothing malformed.", () => {
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

  it.effect("discordApi.throughOutage tries again less and less often, up to every ten seconds, and gives up at the limit.", () =>
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

  it.effect("discordApi.throughOutage takes a refusal for what it is.", () =>
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
    beatMillis: null,
    latencyMillis: null,
    heartbeatMillis: 40_000,
    reconnects: 0,
    shortLived: 0,
    resumes: 0,
    identifiesLeft: 1000
  }

  it("gatewayHealth.unwell allows a silence of 1.5 heartbeat intervals, and a second after a beat.", () => {
    assert.isNull(unwell(view, 60_000))
    assert.include(unwell(view, 60_001) ?? "", "has not answered a heartbeat for 60.0 s")
    assert.isNull(unwell({ ...view, heartbeatMillis: 1000 }, 2000))
    assert.isNotNull(unwell({ ...view, heartbeatMillis: 1000 }, 2001))
  })

  it("gatewayHealth.unwell is told by five connections in a row that ended at once.", () => {
    assert.isNull(unwell({ ...view, shortLived: 4 }, 0))
    assert.include(
      unwell({ ...view, shortLived: 5, state: "disconnected" }, 0) ?? "",
      "each of the last 5 connections at once"
    )
  })

  it("gatewayHealth.unwell gives the library 30 seconds to get a session back.", () => {
    const down: GatewayView = { ...view, state: "disconnected", downSinceMillis: 100_000 }
    assert.isNull(unwell(down, 130_000))
    assert.include(unwell(down, 130_001) ?? "", "without a session")
    assert.isNotNull(unwell({ ...down, state: "resuming", aliveAtMillis: 130_000 }, 130_001))
  })
})

describe("gatewayHealth.isOverdue", () => {
  it("A heartbeat is overdue three seconds after it was sent and not answered.", () => {
    assert.isFalse(isOverdue({ beatMillis: null }, 1e9))
    assert.isFalse(isOverdue({ beatMillis: 1000 }, 4000))
    assert.isTrue(isOverdue({ beatMillis: 1000 }, 4001))
  })
})

describe("keeper.waitMillis", () => {
  it("keeper.waitMillis waits from half a second to half a minute, and a fifth more or less.", () => {
    const waits = Array.from({ length: 40 }, (_, n) => waitMillis(n + 1, 0.5))
    assert.deepStrictEqual(waits.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    assert.strictEqual(Math.max(...waits), 30_000)
    assert.strictEqual(waitMillis(1, 0), 400)
    assert.strictEqual(waitMillis(2000, 1), 36_000)
  })
})

describe("logins", () => {
  it("Logins may follow each other three times; then each that leads to nothing doubles the wait for the next.", () => {
    const spared = logins.make()
    for (const at of [0, 1, 2]) {
      assert.strictEqual(spared.mustWaitMillis(at), 0)
      spared.began(at)
    }
    assert.strictEqual(spared.mustWaitMillis(2), 30_000)
    assert.strictEqual(spared.mustWaitMillis(30_002), 0)
    spared.began(30_002)
    assert.strictEqual(spared.mustWaitMillis(30_002), 60_000)
    for (let n = 0; n < 50; n++) spared.began(100_000)
    assert.strictEqual(spared.mustWaitMillis(100_000), 600_000)
    spared.succeeded()
    assert.strictEqual(spared.mustWaitMillis(100_000), 0)
  })

  it("Logins of a Discord that ends each at once are fewer than two hundred a day.", () => {
    const spared = logins.make()
    let count = 0
    for (let at = 0; at < 86_400_000; at += 500) {
      if (spared.mustWaitMillis(at) > 0) continue
      spared.began(at)
      count++
    }
    assert.isBelow(count, 200)
  })
})

describe("limiting", () => {
  const asker = (userId: string, channelId = "c") => ({ userId, channelId })

  it("Limiting allows a person ten pieces of work a minute, two at a time.", () => {
    const limits = limiting.make(undefined)
    for (let n = 0; n < 10; n++) {
      const begun = limits.begin(asker("ada"), n * 100)
      if (typeof begun === "string") return assert.fail(begun)
      begun.end()
      begun.end()
    }
    assert.include(limits.begin(asker("ada"), 1000), "Try again in 59 s")
    assert.isObject(limits.begin(asker("ada"), 60_000))
    assert.isObject(limits.begin(asker("bob"), 1000))
    assert.isObject(limits.begin(asker("bob"), 1000))
    assert.include(limits.begin(asker("bob"), 1000), "You have 2 pages or sites being read already")
  })

  it("Limiting allows a channel thirty a minute, four at a time, whoever asks.", () => {
    const limits = limiting.make(undefined)
    for (let n = 0; n < 4; n++) assert.isObject(limits.begin(asker(`user ${n}`), 0))
    assert.include(limits.begin(asker("another"), 0), "This channel has 4")
    assert.isObject(limits.begin(asker("another", "elsewhere"), 0))
    const many = limiting.make(undefined)
    for (let n = 0; n < 30; n++) {
      const begun = many.begin(asker(`user ${n}`), 0)
      if (typeof begun !== "string") begun.end()
    }
    assert.include(many.begin(asker("another"), 0), "This channel has asked for 30")
  })

  it("Limiting forgets people whom it has not seen for long, and nobody who waits.", () => {
    const limits = limiting.make(undefined)
    for (let n = 0; n < 2; n++) assert.isObject(limits.begin(asker("ada"), 0))
    for (let n = 0; n < 5000; n++) {
      const begun = limits.begin(asker(`user ${n}`, `channel ${n}`), 0)
      if (typeof begun !== "string") begun.end()
    }
    assert.isString(limits.begin(asker("ada"), 0))
  })
})
