import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { delayMillis } from "../../src/storage/retries.ts"

const delays = (
  retry: Schedule.Schedule<unknown, unknown> | undefined,
  given: { readonly error?: unknown; readonly isDeclared: boolean; readonly most: number }
) =>
  Effect.forEach(
    Array.from({ length: given.most }, (_, index) => index + 1),
    (failures) => delayMillis(retry, { error: "no", acceptedAtMillis: 0, ...given, failures })
  )

describe("retries", () => {
  it.effect("M4: A message that its actor crashed with runs again after 1, 2, 4, 8 and 16 seconds by default.", () =>
    Effect.gen(function*() {
      const millis = yield* delays(undefined, { isDeclared: false, most: 6 })
      assert.deepStrictEqual(millis, [1000, 2000, 4000, 8000, 16_000, undefined])
    }))

  it.effect("M4: A message that failed with a declared error does not run again by default.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* delays(undefined, { isDeclared: true, most: 1 }), [undefined])
    }))

  it.effect("M4: A schedule says when each failure runs again, and when none does.", () =>
    Effect.gen(function*() {
      const retry = Schedule.max([Schedule.exponential("100 millis"), Schedule.recurs(3)])
      const millis = yield* delays(retry, { isDeclared: true, most: 5 })
      assert.deepStrictEqual(millis, [100, 200, 400, undefined, undefined])
    }))

  it.effect("M4: A schedule that looks at the error decides by the last one.", () =>
    Effect.gen(function*() {
      const retry = Schedule.while(
        Schedule.spaced("5 millis"),
        ({ input }) => Effect.succeed(input !== "hopeless")
      )
      assert.deepStrictEqual(yield* delays(retry, { error: "soon", isDeclared: true, most: 2 }), [5, 5])
      assert.deepStrictEqual(yield* delays(retry, { error: "hopeless", isDeclared: true, most: 2 }), [
        undefined,
        undefined
      ])
    }))

  it.effect("M4: A schedule that dies ends the retries, and nothing else.", () =>
    Effect.gen(function*() {
      const retry = Schedule.while(Schedule.spaced("5 millis"), () => Effect.die("a bug"))
      assert.deepStrictEqual(yield* delays(retry, { isDeclared: true, most: 1 }), [undefined])
    }))
})
