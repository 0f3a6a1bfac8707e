import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config from "../fixtures/changing/config.ts"
import { Onlooker } from "../fixtures/changing/Onlooker.ts"
import { quietly } from "./watching.ts"

afterAll(() => {
  delete process.env["HEDDLE_TEST_CHANGED"]
})

describe("a protocol that changed between two incarnations", () => {
  it.live("D6: Each message of another thread that no longer fits is one clear NotSendable, and nobody dies.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const onlooker = yield* Onlooker
      for (const way of ["take", "give", "give all"] as const) assert.strictEqual(yield* onlooker.See({ way }), "fine")
      process.env["HEDDLE_TEST_CHANGED"] = "yes"
      yield* system.restart("bank")

      const remedy = /Caller and actor run different versions of the protocol: restart the one that is older\./
      for (
        const [way, said] of [
          ["take", /^no: Chameleon\.Take: the payload does not decode where the actor runs \(/],
          ["give", /^maybe: Chameleon\.Give: the actor's reply does not decode where it was asked \(/],
          ["give all", /^maybe: Chameleon\.GiveAll: /],
          [
            "named",
            /^no: Chameleon\.Renamed: the actor has no such message\. Its messages are Take, Give, GiveAll, Named\./
          ]
        ] as const
      ) {
        const seen = yield* onlooker.See({ way })
        assert.match(seen, said)
        assert.match(seen, remedy)
      }
      const [tree, bank] = yield* system.threads
      assert.deepStrictEqual([tree?.incarnation, tree?.lastCause, bank?.lastCause], [1, null, null])
      assert.strictEqual(tree?.actors[0]?.mailboxDepth, 0)
      process.env["HEDDLE_TEST_CHANGED"] = "no"
      yield* system.restart("bank")
      assert.strictEqual(yield* onlooker.See({ way: "give" }), "fine")
    }).pipe(Effect.provide(quietly(System.layer(config)))))
})
