import { afterAll, assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { System } from "heddle"
import oneForAll from "../fixtures/trio/oneForAll.ts"
import oneForOne from "../fixtures/trio/oneForOne.ts"
import restForOne from "../fixtures/trio/restForOne.ts"
import { A, B, C } from "../fixtures/trio/Trio.ts"
import { journal, quietly, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

/** By the thread that fails, what the journal says then; a thread that fails has no time to close its actor. */
const orders = {
  "one-for-one": { a: ["A opens"], b: ["B opens"], c: ["C opens"] },
  "rest-for-one": {
    a: ["C closes", "B closes", "A opens", "B opens", "C opens"],
    b: ["C closes", "B opens", "C opens"],
    c: ["C opens"]
  },
  "one-for-all": {
    a: ["C closes", "B closes", "A opens", "B opens", "C opens"],
    b: ["C closes", "A closes", "A opens", "B opens", "C opens"],
    c: ["B closes", "A closes", "A opens", "B opens", "C opens"]
  }
} as const
const configs = { "one-for-one": oneForOne, "rest-for-one": restForOne, "one-for-all": oneForAll } as const

const failing = (strategy: System.Strategy) =>
  Effect.gen(function*() {
    const system = yield* System.System
    const [a, b, c] = [yield* A, yield* B, yield* C]
    let restarts = 0
    for (const thread of ["a", "b", "c"] as const) {
      const expected = orders[strategy][thread]
      paper.clear()
      const events = yield* watch
      yield* system.inject(thread, "throw")
      const restarting = yield* events.next("ThreadRestarting")
      assert.strictEqual(restarting.thread, thread)
      assert.strictEqual(restarting.failures, 1)
      const last = expected.at(-1)?.[0]?.toLowerCase()
      yield* events.next("ThreadStarted", (event) => event.thread === last)
      assert.deepStrictEqual(paper.lines(), expected)
      // Messages wait for the group; nobody counts a failure but the one that failed.
      for (const actor of [a, b, c]) assert.strictEqual(yield* actor.Note({ label: "well" }), "well")
      restarts += expected.filter((line) => line.endsWith("opens")).length
      const threads = yield* system.threads
      assert.strictEqual(threads.reduce((sum, { restarts }) => sum + restarts, 0), restarts)
      const more = yield* events.soFar
      assert.isFalse(more.some(({ _tag }) => _tag === "ThreadRestarting"), "one unit of budget for the group")
    }
    const threads = yield* system.threads
    assert.deepStrictEqual(threads.map(({ lastCause }) => lastCause?._tag), ["Thrown", "Thrown", "Thrown"])
  })

for (const strategy of ["one-for-one", "rest-for-one", "one-for-all"] as const) {
  it.live(`F8: ${strategy} stops and starts the group of the first, the middle and the last thread in OTP's order.`, () =>
    Effect.scoped(Effect.flatMap(
      Layer.build(quietly(System.layer(configs[strategy]))),
      (services) => Effect.provide(failing(strategy), services)
    )))
}
