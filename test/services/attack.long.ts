/** A short attack; `npm run chaos:services -- --attack --minutes 30` is the long one. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { attack, faults } from "./chaos/attack.ts"

it.live(
  "Hostile sites, chat members and HTTP clients end no thread and keep nobody else from being served.",
  () =>
    Effect.gen(function*() {
      const report = yield* attack(1)
      // A machine with other work may be ten times slower; `npm run chaos:services -- --attack` holds the limits.
      assert.deepStrictEqual(faults(report, 10), [])
      assert.strictEqual(report.chat.silent, 0)
      assert.isAbove(report.good.page.asked, 10)
      assert.isAbove(report.said, 10)
      assert.includeMembers(Object.keys(report.deeds), ["edit", "delete", "leave", "press", "react"])
      assert.include(report.client, "slow headers")
    }),
  { timeout: 180_000, retry: 1 }
)
