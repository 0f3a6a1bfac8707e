import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import config from "../fixtures/operating/config.ts"
import { Machine } from "../fixtures/operating/Operator.ts"
import spared from "../fixtures/standby/config.ts"
import { journal, quietly, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

/** Set `HEDDLE_TEST_CYCLES=100` for a longer look. */
const cycles = Number(process.env["HEDDLE_TEST_CYCLES"] ?? 12)

setFlagsFromString("--expose-gc")
const collect: () => void = runInNewContext("gc")

const cycle = Effect.scoped(
  Effect.provide(Effect.flatMap(Machine, (machine) => machine.Turn()), quietly(System.layer(config)))
)
const sparedCycle = Effect.scoped(
  Effect.provide(Effect.flatMap(watch, (events) => events.next("StandbyReady")), quietly(System.layer(spared)))
)

/** What keeps a process alive or grows in it. */
const measure = Effect.gen(function*() {
  // Handles are closed at the end of the turn in which they were let go.
  yield* Effect.sleep(50)
  // The second one waits until the memory of buffers that the first one has found is given back, which another thread does.
  collect()
  collect()
  // Timers are the test runner's, and this one's own.
  const resources = process.getActiveResourcesInfo().filter((name) => !/^(Timeout|Immediate)$/.test(name)).toSorted()
  const listeners = process.eventNames().map((name) => `${String(name)} ${process.listenerCount(name)}`).toSorted()
  return { resources, listeners, heap: process.memoryUsage().heapUsed, external: process.memoryUsage().external }
})

describe("starting and stopping", () => {
  const leavesNothing = (cycle: Effect.Effect<unknown, unknown>) =>
    Effect.gen(function*() {
      yield* cycle
      yield* cycle
      const before = yield* measure
      yield* Effect.repeat(cycle, { times: cycles - 1 })
      const after = yield* measure
      assert.deepStrictEqual(after.resources, before.resources)
      assert.deepStrictEqual(after.listeners, before.listeners)
      // What the engine itself keeps of a cycle is a few KB; one link that is not let go of would be 16 KB of ledgers.
      const kilobytes = (from: number, to: number) => (to - from) / 1024 / cycles
      assert.isBelow(kilobytes(before.heap, after.heap), 150)
      assert.isBelow(kilobytes(before.external, after.external), 16)
    })
  it.live(`S2: ${cycles} systems leave no handle, no listener and no memory.`, () => leavesNothing(cycle), 120_000)
  it.live(
    `S2: ${cycles} systems with a standby thread leave no handle, no listener and no memory.`,
    () => leavesNothing(sparedCycle),
    120_000
  )
})
