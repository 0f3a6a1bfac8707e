/** Main maps inputs by an actor that has two instances. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Pool } from "heddle"
import type { Measurements } from "../contestant.ts"
import { timed } from "../link/drive.ts"
import { watchMemory } from "../memory/watch.ts"
import { run } from "../running.ts"
import config from "./config.ts"
import { bytesOf, counting, numbers, repeated } from "./inputs.ts"
import { Tasks } from "./Tasks.ts"

export default async (): Promise<Measurements> => {
  const { Length, Plus, Spin } = await run(config, Tasks)
  const map = <A, B, E>(task: Pool.Task<A, B, E, never>, inputs: Pool.Inputs<A>) =>
    Effect.runPromise(Stream.runDrain(Pool.map(task, inputs, { ordered: false })))
  /** The inputs are there before, as they are for the other pools. */
  const mapAll = async <A, B, E>(task: Pool.Task<A, B, E, never>, inputs: ReadonlyArray<A>) => [
    await timed(() => map(task, inputs))
  ]
  return {
    trivial: (count = 0) => mapAll(Plus, numbers(count)),
    // One message for each input, as the client sends them without `Pool.map`.
    asks: async (count = 0) => [
      await timed(() =>
        Effect.runPromise(
          Effect.forEach(numbers(count), (input) => Plus(input, { timeout: "1 minute" }), {
            concurrency: "unbounded",
            discard: true
          })
        )
      )
    ],
    spin: (count = 0, rounds = 0) => mapAll(Spin, repeated(count, { rounds })),
    bytes: (count = 0, size = 0) => mapAll(Length, bytesOf(count, size)),
    memory: (count = 0) => watchMemory(() => map(Plus, counting(count)), () => Promise.resolve(0))
  }
}
