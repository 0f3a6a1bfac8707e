/** The wall clock is set by an hour while the services wait, remember and count. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as AgeingCache from "../../services/ageingCache.ts"
import { ApiError, make as makeApi, throughOutage } from "../../services/discord/discordApi.ts"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { Snowflakes } from "../../services/discord/sandbox/snowflakes.ts"
import * as Monotonic from "../../services/monotonic.ts"
import * as Hosts from "../../services/scraper/hosts.ts"
import type { Board, LogLine } from "../../src/dashboard/board.ts"
import { frames } from "../../src/dashboard/events.ts"
import * as ring from "../../src/dashboard/ring.ts"
import * as Bot from "../discord/botHarness.ts"
import { call, connect } from "../discord/wire.ts"
import { setClock } from "../fixtures/timing/clock.ts"
import { page, scraper, site } from "../scraper/site.ts"
import { send } from "../web/client.ts"
import { makeWorld, start } from "../web/fakes.ts"

const hour = 3_600_000

/** Runs an effect that may set the wall clock of the test's clock; the monotonic one goes on. */
const setting = <A, E, R>(run: (set: (byMillis: number) => void) => Effect.Effect<A, E, R>) =>
  Effect.suspend(() =>
    Clock.clockWith((clock) => {
      let setBy = 0
      const millis = () => clock.currentTimeMillisUnsafe() + setBy
      const nanos = () => BigInt(Math.round(millis())) * 1_000_000n
      return Effect.provideService(
        run((byMillis) => {
          setBy += byMillis
        }),
        Clock.Clock,
        {
          ...clock,
          currentTimeMillisUnsafe: millis,
          currentTimeMillis: Effect.sync(millis),
          currentTimeNanosUnsafe: nanos,
          currentTimeNanos: Effect.sync(nanos)
        }
      )
    })
  )

/** Sets the wall clock of this process until the scope closes. */
const set = (byMillis: number) =>
  Effect.acquireRelease(Effect.sync(() => setClock(byMillis)), (undo) => Effect.sync(undo))

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(effect, (result) => ({ result, millis: performance.now() - began }))
  })

for (const byMillis of [-hour, hour]) {
  describe(`F18: the clock is set ${byMillis < 0 ? "back" : "forward"}`, () => {
    for (
      const [what, isFailure, millis] of [["an answer", false, hour], ["a failure", true, 60_000], [
        "a status",
        false,
        200
      ]] as const
    ) {
      it.effect(`Whatever the clock does, ${what} is remembered for ${millis} ms, no shorter and no longer.`, () =>
        setting(Effect.fnUntraced(function*(set) {
          let asked = 0
          const get = yield* AgeingCache.make(
            () => Effect.suspend(() => (asked++, isFailure ? Effect.fail("no") : Effect.succeed("yes"))),
            { capacity: 10, millisToLive: () => millis }
          )
          const ask = Effect.exit(get("key"))
          yield* ask
          set(byMillis)
          yield* TestClock.adjust(millis - 1)
          yield* ask
          assert.strictEqual(asked, 1)
          yield* TestClock.adjust(1)
          yield* ask
          assert.strictEqual(asked, 2)
          set(-byMillis)
          yield* TestClock.adjust(millis - 1)
          yield* ask
          assert.strictEqual(asked, 2)
        })))
    }

    it.effect("What is not worth remembering is asked for each time, once for all callers that ask meanwhile.", () =>
      setting(Effect.fnUntraced(function*(set) {
        let asked = 0
        const get = yield* AgeingCache.make(() => Effect.andThen(Effect.sleep(10), Effect.sync(() => ++asked)), {
          capacity: 10,
          millisToLive: () => 0
        })
        const three = Effect.forEach([1, 2, 3], () => get("key"), { concurrency: "unbounded" })
        const first = yield* Effect.forkChild(three)
        yield* TestClock.adjust(5)
        set(byMillis)
        yield* TestClock.adjust(5)
        assert.deepStrictEqual(yield* Fiber.join(first), [1, 1, 1])
        const second = yield* Effect.forkChild(three)
        yield* TestClock.adjust(10)
        assert.deepStrictEqual(yield* Fiber.join(second), [2, 2, 2])
      })))

    for (const why of ["the delay between two requests", "the break that a host asked for"] as const) {
      it.effect(`Whatever the clock does, ${why} is as long as ever.`, () =>
        setting(Effect.fnUntraced(function*(set) {
          const hosts = Hosts.make(1)
          const deadline = Monotonic.moment(60_000)
          if (why === "the break that a host asked for") yield* hosts.pause("a", 10_000)
          else yield* hosts.turn({ host: "a", delayMillis: 10_000, deadline })(Effect.void)
          let begun = false
          const next = yield* Effect.forkChild(
            hosts.turn({ host: "a", delayMillis: 0, deadline })(Effect.sync(() => void (begun = true)))
          )
          yield* TestClock.adjust(5000)
          set(byMillis)
          yield* TestClock.adjust(4999)
          assert.isFalse(begun)
          yield* TestClock.adjust(1)
          assert.isTrue(begun)
          yield* Fiber.join(next)
        })))
    }

    it.effect("A request that would come after the deadline is told so, and one that would not waits.", () =>
      setting(Effect.fnUntraced(function*(set) {
        const hosts = Hosts.make(1)
        yield* hosts.pause("a", 20_000)
        set(byMillis)
        const turn = (millis: number) =>
          hosts.turn({ host: "a", delayMillis: 0, deadline: Monotonic.moment(millis) })(Effect.void)
        assert.deepStrictEqual(yield* Effect.flip(turn(20_000)), new Hosts.TooLate(20_000))
        const waiting = yield* Effect.forkChild(turn(20_001))
        yield* TestClock.adjust(20_000)
        yield* Fiber.join(waiting)
      })))

    it.effect("Pages are pinged every 15 seconds.", () =>
      setting(Effect.fnUntraced(function*(set) {
        const board: Board = {
          threads: Effect.succeed([]),
          metrics: Effect.succeed([]),
          measures: Effect.succeed(undefined),
          log: ring.make<LogLine>(200),
          hung: () => ({}),
          history: Effect.succeed({ everyMillis: 10_000, threads: [] }),
          postMortems: Effect.succeed([]),
          stopping: () => null,
          panels: []
        }
        const taken: Array<string> = []
        yield* frames(board, "web").pipe(
          Stream.runForEach((frame) => Effect.sync(() => taken.push(frame.slice(0, 7)))),
          Effect.forkScoped
        )
        yield* TestClock.adjust("900 millis")
        set(byMillis)
        yield* TestClock.adjust("900 millis")
        assert.deepStrictEqual(taken, ["event: "])
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(taken, ["event: ", ": ping\n", ": ping\n"])
      })))

    it.effect("The bot tries through an outage for as long as it may.", () =>
      setting(Effect.fnUntraced(function*(set) {
        const times: Array<number> = []
        const request = Effect.flatMap(Monotonic.now, (now) => {
          times.push(now)
          return Effect.fail(new ApiError({ request: "POST /", status: 503, code: 0, detail: "" }))
        })
        const fiber = yield* Effect.forkChild(Effect.flip(throughOutage("3 minutes")(request)))
        yield* TestClock.adjust("1 minute")
        set(byMillis)
        yield* TestClock.adjust("3 minutes")
        assert.strictEqual((yield* Fiber.join(fiber)).status, 503)
        assert.closeTo((times.at(-1) ?? 0) - (times[0] ?? 0), 180_000, 15_000)
      })))

    it.live("The scraper knows a robots.txt still, and comes back when Retry-After says.", () =>
      Effect.gen(function*() {
        const times: Array<number> = []
        let asked = 0
        const local = yield* site({
          "/robots.txt": (_, response) => {
            asked++
            response.setHeader("content-type", "text/plain")
            response.end("User-agent: *\nDisallow: /no")
          },
          "/": page(""),
          "/busy": (request, response) => {
            times.push(performance.now())
            if (times.length > 1) return page("<title>at last</title>")(request, response)
            response.writeHead(429, { "retry-after": "1" }).end(() => setClock(byMillis))
          }
        })
        const pages = yield* scraper([local], { SCRAPER_RETRIES: "1" })
        yield* pages.fetch(local.url("/"))
        yield* Effect.addFinalizer(() => Effect.sync(() => setClock(0)()))
        assert.strictEqual((yield* pages.fetch(local.url("/busy"))).title, "at last")
        assert.isAtLeast((times[1] ?? 0) - (times[0] ?? 0), 950)
        assert.deepInclude(yield* Effect.flip(pages.fetch(local.url("/no"))), { reason: "Robots" })
        assert.strictEqual(asked, 1)
      }))

    it.live("Wrong tokens are refused for the rest of their minute.", () =>
      Effect.gen(function*() {
        const { url } = yield* start(makeWorld(), { HEDDLE_TOKEN: "secret" })
        const guess = send(`${url}/metrics`, { headers: { authorization: "Bearer wrong" } })
        for (let n = 0; n < 10; n++) assert.strictEqual((yield* guess).status, 401)
        yield* set(byMillis)
        const refused = yield* guess
        assert.strictEqual(refused.status, 429)
        assert.isAtLeast(Number(refused.headers["retry-after"]), 30)
        assert.isAtMost(Number(refused.headers["retry-after"]), 60)
      }))

    it.live("The sandbox's rate limits last as long as it says.", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
        const post = call(sandbox, "POST", `/channels/${sandbox.channelId}/messages`, { content: "hi" })
        for (let n = 0; n < 5; n++) assert.strictEqual((yield* post).status, 200)
        yield* set(byMillis)
        const refused = yield* post
        assert.strictEqual(refused.status, 429)
        assert.isAbove(refused.body.retry_after, 0)
        assert.isAtMost(refused.body.retry_after, 5)
        assert.closeTo(
          Number(refused.headers.get("x-ratelimit-reset")) - Date.now() / 1000,
          refused.body.retry_after,
          1
        )
        yield* Effect.sleep(refused.body.retry_after * 1000 + 10)
        assert.strictEqual((yield* post).status, 200)
      }))

    it.live("The sandbox keeps clients that beat, sessions, and the order of its ids.", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ identifyEvery: 0, heartbeatInterval: 500, heartbeatGrace: 500 })
        const client = yield* connect(sandbox)
        yield* client.until(10)
        yield* client.identify()
        yield* client.until("GUILD_CREATE")
        const before = yield* sandbox.say("ada", "before")
        yield* set(byMillis)
        for (let n = 0; n < 6; n++) {
          yield* client.send(1, 2)
          yield* client.until(11)
          yield* Effect.sleep(250)
        }
        const after = yield* sandbox.say("ada", "after")
        assert.isTrue(BigInt(after.id) > BigInt(before.id))
        assert.strictEqual(yield* client.closed, 4009)
      }))

    it.live("The bot's requests wait for a rate limit, and no longer.", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ identifyEvery: 0 })
        const api = yield* makeApi({
          mode: "sandbox",
          url: sandbox.url,
          token: Redacted.make(sandbox.token),
          readsMessages: true
        })
        const post = api.request("post", `/channels/${sandbox.channelId}/messages`, { body: { content: "hi" } })
        // The fifth uses the limit up: the library waits before the sixth, without a word with Discord.
        yield* Effect.forEach([1, 2, 3, 4, 5], () => post)
        const waiting = yield* Effect.forkChild(Effect.forEach([6, 7], () => post, { concurrency: 2 }))
        yield* Effect.sleep(50)
        yield* set(byMillis)
        const { millis } = yield* timed(Effect.andThen(post, Fiber.join(waiting)))
        assert.isBelow(millis, 12_000)
        assert.isBelow((yield* timed(api.request("get", `/channels/${sandbox.channelId}`))).millis, 5000)
      }), 30_000)

    it.live("The bot stays connected, and its ages are small.", () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ identifyEvery: 0, heartbeatInterval: 300 })
        const bot = yield* Bot.start({ address: sandbox })
        const behavior = yield* bot.build
        yield* Bot.statusWhere(behavior, ({ lastAckAgeMillis }) => lastAckAgeMillis !== null)
        yield* set(byMillis)
        const { heartbeats } = yield* sandbox.counters
        yield* Bot.counted(sandbox, (counters) => counters.heartbeats >= heartbeats + 4)
        const status = yield* Bot.statusWhere(behavior, ({ state }) => state === "ready")
        assert.deepInclude(status, { problem: null, reconnects: 0, isUncertain: false })
        for (
          const age of [status.sessionAgeMillis, status.lastAckAgeMillis, status.signAgeMillis, status.latencyMillis]
        ) {
          assert.isAtLeast(age ?? -1, 0)
          assert.isBelow(age ?? hour, 60_000)
        }
        yield* sandbox.say("ada", "!ping")
        yield* Bot.answer(sandbox, "Pong")
      }), 30_000)
  })
}

it("F18: Ids grow, however the clock is set.", () => {
  const ids = new Snowflakes()
  const made = [2e12, 1e12, 2e12 - 1, 3e12, 2.5e12].map((millis) => BigInt(ids.next(millis)))
  assert.deepStrictEqual(made, made.toSorted((a, b) => a < b ? -1 : 1))
})
