/**
 * Two pools with two senders each, whose instances are killed, restarted and recycled: every task has one outcome, which is true, and
 * none runs more often than it may.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { System } from "heddle"
import config from "../fixtures/pools/config.ts"
import { Left, type Outcome, Right } from "../fixtures/pools/Task.ts"
import { journal, quietly } from "../threads/watching.ts"
import * as dice from "./dice.ts"

const now = { startImmediately: true }

const check = (outcomes: ReadonlyArray<Outcome>, inputs: number, lines: ReadonlyArray<string>): void => {
  assert.strictEqual(outcomes.length, inputs, "the sum of outcomes is the sum of inputs")
  assert.strictEqual(new Set(outcomes.map(({ id }) => id)).size, inputs, "one outcome for each")
  const runs = new Map(Array.from(Map.groupBy(lines, (line) => line), ([line, { length }]) => [line, length]))
  for (const { end, id, message, pool } of outcomes) {
    const count = runs.get(`${pool}.${message}.${id}`) ?? 0
    const name = `${pool}.${message} ${id}: ${end}, ran ${count} times`
    assert.isAtMost(count, message === "Again" ? 2 : 1, name)
    if (end === "ran") assert.isAtLeast(count, 1, name)
    if (end === "did not run") assert.strictEqual(count, 0, name)
    assert.notStrictEqual(end, "was forgotten", name)
  }
  assert.isTrue(outcomes.some(({ end }) => end === "may have run"), "some have ended their thread")
}

/** Sends `tasks` by each sender, and disturbs the pools `disturbances` times meanwhile. */
export const run = (seed: number, tasks: number, disturbances: number) =>
  Effect.gen(function*() {
    const chance = dice.make(seed)
    const pick = <A>(first: A, ...others: ReadonlyArray<A>): A => others[chance.between(-1, others.length - 1)] ?? first
    const paper = journal()
    yield* Effect.addFinalizer(() => Effect.sync(paper.remove))
    yield* Effect.gen(function*() {
      const system = yield* System.System
      const [left, right] = [yield* Left, yield* Right]
      const senders = yield* Effect.forkChild(
        Effect.all([left.Send({ from: 0, count: tasks }), right.Send({ from: tasks, count: tasks })], {
          concurrency: "unbounded"
        }),
        now
      )
      for (let count = 0; count < disturbances && senders.pollUnsafe() === undefined; count++) {
        const pool = pick("first", "second")
        const thread = `${pool}.${pick(1, 2)}`
        yield* Effect.ignore(
          pick<Effect.Effect<void, unknown>>(
            system.inject(thread, "exit"),
            system.inject(thread, "throw"),
            system.restart(thread),
            system.restart(pool)
          )
        )
        yield* Effect.sleep(pick(5, 20, 100))
      }
      const outcomes = (yield* Fiber.join(senders)).flat()
      check(outcomes, 2 * tasks, paper.lines())
    }).pipe(Effect.provide(quietly(System.layer(config))))
  }).pipe(Effect.scoped)
