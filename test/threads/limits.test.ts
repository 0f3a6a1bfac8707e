import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config, { Miser } from "../fixtures/limits/config.ts"
import { quietly, thread, watch } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "the smallest limits that are accepted",
  (it) => {
    it.effect("F7: The smallest limits suffice for a thread, its work, and its restart after a crash.", () =>
      Effect.gen(function*() {
        const miser = yield* Miser
        const events = yield* watch
        const work = Effect.forEach(Array.from({ length: 2000 }, (_, n) => n), (n) => miser.Count({ n }), {
          concurrency: "unbounded"
        })
        assert.strictEqual((yield* work).at(-1), 2000)
        yield* (yield* System.System).inject("poor", "throw")
        yield* events.next("ThreadStarted", ({ incarnation }) => incarnation === 2)
        assert.strictEqual((yield* work).at(-1), 2000)
        assert.strictEqual((yield* thread("poor")).restarts, 1)
      }))
  }
)
