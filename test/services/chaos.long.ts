/** A short run; `npm run chaos:services -- --minutes 30` is the long one. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "./chaos/run.ts"

it.live(
  "Every message that the sandbox takes is answered once, while the other threads are killed.",
  () =>
    Effect.gen(function*() {
      const report = yield* run({ seconds: 8, seed: 7, sandboxToo: false, say: () => {} })
      assert.deepStrictEqual(report.complaints, [])
      assert.isAbove(report.outcomes.answered, 5)
      assert.isNotEmpty(report.kills)
      assert.isTrue(report.ready)
      assert.deepStrictEqual(report.after, report.before)
    }),
  90_000
)
