/** A short attack; `npm run chaos:services -- --attack --minutes 30` is the long one. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { attack } from "./chaos/attack.ts"

it.live(
  "14.1: hostile sites end no thread, and good ones are read all the while",
  () =>
    Effect.gen(function*() {
      const report = yield* attack(1)
      assert.deepStrictEqual(report.ended, [])
      assert.deepStrictEqual(report.complaints, [])
      assert.strictEqual(report.chat.silent, 0)
      // A page has four seconds, which a machine with other work may not have.
      assert.isAtMost(report.good.failed, report.good.reads / 10)
      assert.isAbove(report.good.reads, 10)
    }),
  90_000
)
