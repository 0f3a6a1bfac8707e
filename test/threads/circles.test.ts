/** Actors that ask in circles, all with the same time-out: who asked first gives up first, and is told why. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config from "../fixtures/circling/config.ts"
import { First, type Name, Second, Third } from "../fixtures/circling/Walker.ts"
import { quietly, reason } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("circles", (it) => {
  const circles: ReadonlyArray<readonly [way: readonly [Name, ...Array<Name>], cycle: ReadonlyArray<string>]> = [
    [["First", "First"], ["First", "First"]],
    [["First", "Second", "First"], ["First", "Second", "First"]],
    [["Second", "Third", "Second"], ["Second", "Third", "Second"]],
    [["First", "Second", "Third", "First"], ["First", "Second", "Third", "First"]],
    // Who asks into a circle from outside waits for it as well.
    [["Third", "First", "Second", "First"], ["First", "Second", "First"]]
  ]
  for (const [[first, ...way], cycle] of circles) {
    it.effect(`D7: The outermost caller of ${[first, ...way].join(" -> ")} is told the circle.`, () =>
      Effect.gen(function*() {
        const walkers = { First: yield* First, Second: yield* Second, Third: yield* Third }
        const timedOut = yield* reason(walkers[first].Walk({ way }))
        assert.deepInclude(timedOut, { _tag: "TimedOut", handled: "maybe", cycle })
      }))
  }

  it.effect("D7: A chain of asks without a circle has an answer.", () =>
    Effect.gen(function*() {
      const first = yield* First
      assert.strictEqual(yield* first.Walk({ way: ["Second", "Third"] }, { timeout: "30 seconds" }), "arrived")
    }))
})
