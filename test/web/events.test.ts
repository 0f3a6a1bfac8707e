import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { lines } from "heddle/Dashboard"
import type { ChatMessage } from "../../services/discord/DiscordSandbox.ts"
import type { Board, LogLine } from "../../src/dashboard/board.ts"
import { frames } from "../../src/dashboard/events.ts"
import * as ring from "../../src/dashboard/ring.ts"
import { follow, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

const at = () => ({ atMillis: Date.now() })
const message = (id: string) => ({ ...at(), id, author: "ada", fromBot: false, answers: null, content: `says ${id}` })

describe("live events", () => {
  it.live("Live events begin with a snapshot and go on with what changes.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      world.say(message("1"))
      const page = yield* follow(url)
      const first = yield* page.until(() => true)
      assert.strictEqual(first.kind, "snapshot")
      assert.deepStrictEqual(first.threads.map(({ name }) => name), ["scraper", "bot", "web"])
      assert.deepStrictEqual(first.chat.map(({ content }) => content), ["says 1"])
      if (first.sandbox === null) yield* page.until((frame) => frame.sandbox === "http://127.0.0.1:4000")
      world.say(message("2"))
      const chat = yield* page.until((frame) => frame.chat.length > 0)
      assert.deepStrictEqual([chat.kind, chat.chat.map(({ content }) => content), chat.threads], [
        "delta",
        ["says 2"],
        []
      ])
      world.push({ _tag: "ThreadRestarting", ...at(), thread: "bot", incarnation: 1, afterMillis: 100, failures: 1 })
      Object.assign(world.threads[1] ?? {}, { state: "restarting" })
      const log = yield* page.until((frame) => frame.log.length > 0)
      assert.strictEqual(log.log[0]?.text, `thread "bot" #1 restarts in 0.1 s, failure 1`)
      const threads = log.threads.length > 0 ? log : yield* page.until((frame) => frame.threads.length > 0)
      assert.deepStrictEqual(threads.threads.map(({ name, state }) => [name, state]), [["bot", "restarting"]])
      assert.include(threads.notReady, "bot")
      world.crawls = [{ seed: "http://a.example/", maxPages: 50, fetched: 3, failed: 1, queued: 7 }]
      assert.deepStrictEqual((yield* page.until(({ crawls }) => crawls.length > 0)).crawls, world.crawls)
      world.say({ ...message("2"), content: "says it better" })
      const edited = yield* page.until((frame) => frame.chat.length > 0)
      assert.deepStrictEqual(edited.chat.map(({ content }) => content), ["says it better"])
    }))

  it.live("Live events give a later page what happened before it, and never the sandbox's token.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      yield* send(`${url}/livez`)
      for (let i = 1; i <= 250; i++) {
        world.push({ _tag: "ThreadStarted", ...at(), thread: "bot", incarnation: i, afterMillis: 1 })
        world.say(message(String(i)))
      }
      yield* (yield* follow(url)).until((frame) => frame.chat.some(({ content }) => content === "says 250"))
      const page = yield* follow(url)
      const { chat, log, ...rest } = yield* page.until(() => true)
      assert.deepStrictEqual([log.length, chat.length], [200, 100])
      assert.strictEqual(log.at(-1)?.text, `thread "bot" #250 is ready after 1 ms`)
      assert.notInclude(JSON.stringify(rest), "sandbox-secret")
    }))

  it.live("Live events survive the restart of the actors behind them, without doubles.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const page = yield* follow(url)
      yield* page.until((frame) => frame.kind === "snapshot")
      world.say(message("before"))
      yield* page.until((frame) => frame.chat.length > 0)
      world.crashStreams()
      // Said while nobody listens: the new subscription begins with it.
      world.transcript.push(message("meanwhile"))
      const meanwhile = yield* page.until((frame) => frame.chat.length > 0)
      assert.deepStrictEqual(meanwhile.chat.map(({ content }) => content), ["says meanwhile"])
      assert.deepStrictEqual(world.subscriptions, { events: 2, transcript: 2 })
      world.push({ _tag: "ThreadStarted", ...at(), thread: "bot", incarnation: 2, afterMillis: 1 })
      yield* page.until((frame) => frame.log.length === 1)
    }))

  it.live("Live events go on and say so while the supervisor is silent.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const page = yield* follow(url)
      yield* page.until((frame) => frame.kind === "snapshot")
      world.supervisor = "fails"
      const { notReady, problem } = yield* page.until((frame) => frame.problem !== null)
      assert.include(problem ?? "", "System.threads")
      assert.include(notReady, "supervisor")
      world.supervisor = "answers"
      yield* page.until((frame) => frame.problem === null)
    }))
})

describe("the frames of one client", () => {
  const fakeBoard = () => {
    const chat = lines<ChatMessage>(100)
    const board: Board = {
      threads: Effect.succeed([]),
      metrics: Effect.succeed([]),
      measures: Effect.succeed(undefined),
      log: ring.make<LogLine>(200),
      hung: () => ({}),
      history: Effect.succeed({ everyMillis: 10_000, threads: [] }),
      postMortems: Effect.succeed([]),
      stopping: () => null,
      panels: [{ name: "chat", fields: { chat } }]
    }
    return { ...board, chat }
  }

  it.effect("The frames of one client are a ping every 2 seconds while nothing happens.", () =>
    Effect.gen(function*() {
      const taken: Array<string> = []
      yield* frames(fakeBoard(), "web").pipe(
        Stream.runForEach((frame) => Effect.sync(() => taken.push(frame.slice(0, 15)))),
        Effect.forkScoped
      )
      yield* TestClock.adjust("1900 millis")
      assert.deepStrictEqual(taken, ["event: snapshot"])
      yield* TestClock.adjust("5500 millis")
      assert.deepStrictEqual(taken, ["event: snapshot", ": ping\n\n", ": ping\n\n", ": ping\n\n"])
    }))

  it.effect("The frames of one client come at most four times a second.", () =>
    Effect.gen(function*() {
      const board = fakeBoard()
      let count = 0
      yield* frames(board, "web").pipe(Stream.runForEach(() => Effect.sync(() => count++)), Effect.forkScoped)
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(
        Effect.sync(() => board.chat.push({ ...message("x"), atMillis: 0 })),
        Effect.sleep("10 millis")
      )))
      yield* TestClock.adjust("10 seconds")
      assert.isAtLeast(count, 30)
      assert.isAtMost(count, 41)
    }))

  it.effect("The frames of one client skip to the newest for a client that is slow to take them.", () =>
    Effect.gen(function*() {
      const board = fakeBoard()
      const slow = yield* frames(board, "web").pipe(
        Stream.tap(() => Effect.sleep("1 minute")),
        Stream.take(2),
        Stream.runCollect,
        Effect.forkScoped
      )
      yield* TestClock.adjust("30 seconds")
      for (let i = 1; i <= 1000; i++) board.chat.push(message(String(i)))
      yield* TestClock.adjust("3 minutes")
      const [, second] = yield* Fiber.join(slow)
      const { chat } = JSON.parse(second?.split("data: ")[1] ?? "{}")
      assert.deepStrictEqual([chat.length, chat[0].content, chat[99].content], [100, "says 901", "says 1000"])
    }))

  it.live("The frames of one client are for 64 clients at once.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      // These get no stream, so they take no place.
      yield* Effect.all(Array.from({ length: 70 }, () => send(`${url}/api/events`, { method: "HEAD" })))
      const full = Effect.scoped(Effect.gen(function*() {
        const pages = yield* Effect.all(Array.from({ length: 64 }, () => follow(url)), { concurrency: "unbounded" })
        for (const page of pages) yield* page.until((frame) => frame.kind === "snapshot")
        return yield* send(`${url}/api/events`)
      }))
      const { status, text } = yield* full
      assert.deepStrictEqual([status, text], [503, "64 pages are open already; close one.\n"])
      // All have left: there is room again as soon as the server has seen it.
      const again = Effect.scoped(Effect.flatMap(follow(url), (page) => page.until(() => true)))
      yield* Effect.repeat(again, { until: ({ kind }) => kind === "snapshot" })
    }))
})

describe("a ring", () => {
  it("A ring gives each reader what is new to it, and at most what it keeps.", () => {
    const numbers = ring.make<number>(3)
    assert.deepStrictEqual(numbers.since(0), { items: [], next: 0 })
    numbers.push(1)
    numbers.push(2)
    assert.deepStrictEqual(numbers.since(0), { items: [1, 2], next: 2 })
    assert.deepStrictEqual(numbers.since(2), { items: [], next: 2 })
    for (const number of [3, 4, 5, 6]) numbers.push(number)
    assert.deepStrictEqual(numbers.since(2), { items: [4, 5, 6], next: 6 })
    assert.deepStrictEqual(numbers.since(5), { items: [6], next: 6 })
  })
})
