import { afterAll, assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Actor, type ActorError, System, Thread } from "heddle"
import * as Testing from "heddle/Testing"
import threads from "../fixtures/trio/oneForOne.ts"
import { B } from "../fixtures/trio/Trio.ts"
import { journal, quietly } from "../threads/watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }
const labels = (round: number) => Array.from({ length: 10 }, (_, index) => `${round}.${index}`)

/** What became of each ask of a round: "ran", "did not run" or "may have run". */
const fate = (ask: Effect.Effect<string, ActorError.ActorError>) =>
  Effect.map(
    Effect.result(ask),
    (result) =>
      result._tag === "Success" ? "ran" : result.failure.reason.handled === "no" ? "did not run" : "may have run"
  )

/** What is told of each message is what happened to it, in order and once. */
const check = (round: number, fates: ReadonlyArray<string>, ran: ReadonlyArray<string>): void => {
  const all = labels(round)
  assert.lengthOf(ran, new Set(ran).size, `round ${round}: nothing runs twice`)
  assert.deepStrictEqual(ran, all.filter((label) => ran.includes(label)), `round ${round}: order`)
  all.forEach((label, index) => {
    if (fates[index] === "ran") assert.include(ran, label)
    if (fates[index] === "did not run") assert.notInclude(ran, label)
  })
}

class Subject extends Actor.Service<Subject>()("Subject", [
  Rpc.make("Note", { payload: { label: Schema.String }, success: Schema.String })
]) {}
const ran: Array<string> = []
const subject = Subject.toLayer({
  Note: ({ label }) => Effect.as(Effect.andThen(Effect.sync(() => ran.push(label)), Effect.yieldNow), label)
})
const simulated = System.make({
  module: import.meta.url,
  threads: {
    home: Thread.make({
      actors: [Actor.lazy(Subject, () => Promise.resolve({ default: subject }))],
      restart: { backoff: { min: 10, max: 10 }, limit: { failures: 1_000_000 } }
    })
  }
})

const turn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))

it.effect("D2, D3, S4: 1000 races of asks against crash, restart, stop and start, without threads.", () =>
  Effect.gen(function*() {
    const system = yield* System.System
    const faults = yield* Testing.Faults
    const client = yield* Subject
    const acts = [
      faults.crash("home"),
      system.restart("home"),
      Effect.andThen(system.stop("home"), system.start("home")),
      Effect.all([system.restart("home"), faults.crash("home")], { concurrency: 2 })
    ]
    let crashed = 0
    for (let round = 0; round < 1000; round++) {
      ran.length = 0
      const asks = yield* Effect.forEach(
        labels(round),
        (label) => Effect.forkChild(fate(client.Note({ label }, { timeout: "1 hour" })), now)
      )
      for (let turns = Math.floor(round / 4) % 6; turns > 0; turns--) yield* turn
      const act = yield* Effect.forkChild(acts[round % acts.length] ?? Effect.void, now)
      const all = yield* Effect.forkChild(
        Effect.andThen(Fiber.join(act), Effect.forEach(asks, Fiber.join)),
        now
      )
      // A simulated thread's messages take turns of the real loop, its waits the test's clock.
      for (let turns = 0; all.pollUnsafe() === undefined; turns++) {
        assert.isBelow(turns, 10_000, `round ${round}: something hangs`)
        yield* TestClock.adjust("10 millis")
        yield* turn
      }
      const fates = yield* Fiber.join(all)
      crashed += fates.filter((fate) => fate === "may have run").length
      check(round, fates, ran)
    }
    console.log(`1000 races without threads: of 10,000 asks ${crashed} may have run`)
  }).pipe(Effect.provide(Layer.provide(Testing.layer(simulated), Logger.layer([])))))

it.live("D2, D3, S4: 100 of them with threads.", () =>
  Effect.gen(function*() {
    const system = yield* System.System
    const b = yield* B
    const acts = [
      system.inject("b", "throw"),
      system.inject("b", "exit"),
      system.restart("b"),
      Effect.andThen(system.stop("b"), system.start("b")),
      Effect.all([system.restart("b"), system.inject("b", "throw")], { concurrency: 2 })
    ]
    let crashed = 0
    for (let round = 0; round < 100; round++) {
      paper.clear()
      const asks = yield* Effect.forEach(
        labels(round),
        (label) => Effect.forkChild(fate(b.Stubborn({ label, millis: 2 }, { timeout: "20 seconds" })), now)
      )
      // Each takes 2 ms or more: this is somewhere in the middle of them.
      yield* Effect.sleep(Math.floor(round / 5) % 20)
      yield* acts[round % acts.length] ?? Effect.void
      const fates = yield* Effect.forEach(asks, Fiber.join)
      crashed += fates.filter((fate) => fate === "may have run").length
      check(round, fates, paper.lines().filter((line) => line.startsWith(`${round}.`)))
    }
    console.log(`100 races with threads: of 1000 asks ${crashed} may have run`)
  }).pipe(Effect.provide(quietly(System.layer(threads)))))
