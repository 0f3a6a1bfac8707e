import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { rehearsal } from "../../src/worker/warmUp.ts"

const ports = (): number => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length

describe("a rehearsal", () => {
  it.live("gets its answer, and leaves nothing behind", () =>
    Effect.gen(function*() {
      const before = ports()
      assert.strictEqual(yield* rehearsal, "to be")
      yield* Effect.repeat(Effect.sleep(5), { until: () => ports() === before })
    }))
})
