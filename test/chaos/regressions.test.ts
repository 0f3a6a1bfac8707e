/** What chaos has found, each as small as it could be made. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Actor, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import * as ExitCause from "../../src/ExitCause.ts"
import * as endpoint from "../../src/host/endpoint.ts"
import { onTimer } from "../../src/loop/timeouts.ts"
import * as ledger from "../../src/shared/ledger.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"

/** What happened, in order. */
const notes: Array<string> = []
const note = (text: string) => Effect.sync(() => void notes.push(text))

class Echo extends Actor.Service<Echo>()("Echo", [
  Rpc.make("Say", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("Wait")
]) {}

class Asker extends Actor.Service<Asker>()("Asker", [
  /** Asks one thing after the other, whatever becomes of the first. */
  Rpc.make("Both", { success: Schema.String })
]) {}

const echoLayer = Echo.toLayer(Effect.gen(function*() {
  yield* Effect.acquireRelease(note("built"), () => note("closed"))
  return Echo.of({
    Say: ({ text }) => Effect.as(note(`said ${text}`), text),
    Wait: () => Effect.andThen(note("waits"), Effect.onInterrupt(Effect.never, () => note("interrupted")))
  })
}))

const askerLayer = Asker.toLayer(Effect.gen(function*() {
  const echo = yield* Echo
  return Asker.of({
    Both: () => Effect.orDie(Effect.andThen(Effect.exit(echo.Say({ text: "first" })), echo.Say({ text: "second" })))
  })
}))

const quick = { backoff: { min: "10 millis", jitter: 0 } } as const

const layer = Testing.layer(System.make({
  module: import.meta.url,
  threads: {
    echo: Thread.make({ actors: [Actor.lazy(Echo, () => Promise.resolve({ default: echoLayer }))], restart: quick }),
    asker: Thread.make({ actors: [Actor.lazy(Asker, () => Promise.resolve({ default: askerLayer }))] })
  }
})).pipe(Layer.provide(Logger.layer([])))

/** Lets whatever is on its way between threads arrive. */
const turn = Effect.promise(() => new Promise<void>((resolve) => void setImmediate(resolve)))

/** Lets the clock and the ports go on until this was noted. */
const until = (text: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (let turns = 0; turns < 1000 && !notes.includes(text); turns++) {
      yield* TestClock.adjust(1)
      yield* turn
    }
    assert.include(notes, text)
  })

it.effect("F9: An answer that comes after the crash of its sender answers nothing else.", () =>
  Effect.gen(function*() {
    notes.length = 0
    const faults = yield* Testing.Faults
    const asker = yield* Asker
    yield* faults.delay("asker", "100 millis")
    const both = yield* Effect.forkChild(Effect.tap(asker.Both(), () => note("over")), { startImmediately: true })
    yield* until("said first")
    // Its answer is on the way for another 100 ms, and so long does the second ask have its slot.
    yield* faults.crash("echo")
    yield* until("over")
    assert.strictEqual(yield* Fiber.join(both), "second")
  }).pipe(Effect.provide(layer)))

it.effect("F9, S5: An actor whose thread dies while it drains is closed before the next one is built.", () =>
  Effect.gen(function*() {
    notes.length = 0
    const faults = yield* Testing.Faults
    const system = yield* System.System
    const echo = yield* Echo
    const waiting = yield* Effect.forkChild(Effect.exit(echo.Wait()), { startImmediately: true })
    yield* until("waits")
    const restarted = yield* Effect.forkChild(system.restart("echo"), { startImmediately: true })
    for (let turns = 0; turns < 10; turns++) yield* turn
    yield* faults.crash("echo")
    notes.splice(0, notes.length, ...notes.filter((text) => text !== "built"))
    yield* until("built")
    yield* Fiber.await(waiting)
    yield* Fiber.join(restarted)
    assert.deepStrictEqual(notes, ["waits", "interrupted", "closed", "built"])
  }).pipe(Effect.provide(layer)))

it.effect("D1: Messages to a thread whose delay becomes shorter keep their order.", () =>
  Effect.gen(function*() {
    notes.length = 0
    const faults = yield* Testing.Faults
    const echo = yield* Echo
    for (const [text, delay] of [["slow", "50 millis"], ["quick", "5 millis"], ["now", "0 millis"]] as const) {
      yield* faults.delay("echo", delay)
      yield* echo.Say({ text }, { discard: true })
      for (let turns = 0; turns < 10; turns++) yield* turn
    }
    yield* until("said now")
    assert.deepStrictEqual(notes.slice(-3), ["said slow", "said quick", "said now"])
  }).pipe(Effect.provide(layer)))

it("D5: What a dead thread sent last and never arrived takes no place in the mailbox.", () => {
  const [memory, forth] = [statusBlock.allocate(1), ledger.allocate()]
  const thread = endpoint.make({
    places: [{ thread: "dead", actors: [] }, { thread: "alive", actors: [Echo] }],
    self: "alive",
    block: memory,
    after: onTimer,
    onDeadLetter: () => {}
  })
  thread.connect({
    peer: "dead",
    incarnation: 1,
    connect: () => ({ local: false, post: () => {}, drain: () => {}, flush: () => {}, close: () => {} }),
    sends: ledger.allocate(),
    receives: forth,
    block: statusBlock.allocate(0)
  })
  const sender = ledger.makeSender(forth)
  for (let sent = 0; sent < 3; sent++) {
    sender.claim(0)
    assert.isTrue(thread.block.tryAddDepth(0, 3))
  }
  assert.isFalse(thread.block.tryAddDepth(0, 3))
  thread.lost("dead", 1, ExitCause.Requested.make({}))
  assert.strictEqual(thread.block.depth(0), 0)
})
