import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { warmUp } from "../../src/worker/warmUp.ts"

const ports = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length

describe("The warm-up of a thread", () => {
  it.live("The warm-up of a thread gets its answer, and leaves nothing behind.", () =>
    Effect.gen(function*() {
      const before = ports()
      assert.strictEqual(yield* warmUp, "warm")
      yield* Effect.repeat(Effect.sleep(5), { until: () => ports() === before })
    }))
})
