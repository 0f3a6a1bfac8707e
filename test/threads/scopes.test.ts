/** What a handler opens is its message's own, on real threads and on simulated ones. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import * as Testing from "heddle/Testing"
import config from "../fixtures/scopes/config.ts"
import { Keeper, Leak } from "../fixtures/scopes/Keeper.ts"
import { quietly } from "./watching.ts"

for (
  const [where, running] of [
    ["a thread", quietly(System.layer(config))],
    ["a simulated thread", quietly(Testing.layer(config))]
  ] as const
) {
  layer(running, { excludeTestServices: true, timeout: "1 minute" })(`scopes on ${where}`, (it) => {
    for (const what of Leak.literals) {
      it.effect(`S5: A finalizer that ${what} adds after its handler runs at once, not at another message's end.`, () =>
        Effect.gen(function*() {
          const keeper = yield* Keeper
          if (what === "a fiber of a stream") yield* Stream.runDrain(keeper.LeaveStream())
          else yield* keeper.Leave({ what })
          // Messages in between have their turn with whatever is used again.
          for (let n = 0; n < 3; n++) assert.deepStrictEqual(yield* keeper.Ran(), [])
          assert.deepStrictEqual(yield* keeper.Go(), ["late"])
          assert.deepStrictEqual(yield* keeper.Ran(), ["late"])
        }))
    }

    it.effect("S5: What a handler opened is closed when it has ended, before the next one begins.", () =>
      Effect.gen(function*() {
        const keeper = yield* Keeper
        const names = ["a", "b", "c"]
        const before = (yield* keeper.Ran()).length
        yield* Effect.forEach(names, (name) => keeper.Open({ name }), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          (yield* keeper.Ran()).slice(before),
          names.flatMap((name) => [`${name} open`, `${name} closed`])
        )
      }))
  })
}
