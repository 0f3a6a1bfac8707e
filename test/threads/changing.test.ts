import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { Chameleon } from "../fixtures/changing/Chameleon.ts"
import config from "../fixtures/changing/config.ts"
import { quietly, reason, watch } from "./watching.ts"

afterAll(() => {
  delete process.env["HEDDLE_TEST_CHANGED"]
})

const remedy = /Caller and actor run different versions of the protocol: restart the one that is older\./

describe("a protocol that changed between two incarnations", () => {
  it.live("D6: each message that no longer fits is one clear NotSendable, and nobody dies", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const chameleon = yield* Chameleon
      yield* chameleon.Take({ text: "same" })
      assert.strictEqual(yield* chameleon.Give(), "old")
      process.env["HEDDLE_TEST_CHANGED"] = "yes"
      yield* system.restart("tree")

      const take = yield* Effect.flip(chameleon.Take({ text: "other" }))
      assert.match(take.message, /^Chameleon\.Take: the payload does not decode where the actor runs \(/)
      assert.match(take.message, remedy)
      assert.strictEqual(take.reason._tag, "NotSendable")
      assert.strictEqual(take.reason.handled, "no")

      const give = yield* Effect.flip(chameleon.Give())
      assert.match(give.message, /^Chameleon\.Give: the actor's reply does not decode where it was asked \(/)
      assert.match(give.message, remedy)
      assert.strictEqual(give.reason.handled, "maybe")

      const giveAll = yield* Effect.flip(Stream.runDrain(chameleon.GiveAll()))
      assert.match(giveAll.message, /^Chameleon\.GiveAll: /)
      assert.match(giveAll.message, remedy)

      const named = yield* Effect.flip(chameleon.Named())
      assert.match(named.message, /^Chameleon\.Named: the actor has no such message\. /)
      assert.match(named.message, /Its messages are Take, Give, GiveAll, Renamed\./)
      assert.match(named.message, remedy)

      const events = yield* watch
      yield* chameleon.Take({ text: "told" }, { discard: true })
      const letter = yield* events.next("DeadLetter")
      assert.match(letter.why, /^Chameleon\.Take: the payload does not decode/)

      const [tree] = yield* system.threads
      assert.strictEqual(tree?.incarnation, 2)
      assert.isNull(tree?.lastCause)
      assert.strictEqual(tree?.actors[0]?.mailboxDepth, 0)
      process.env["HEDDLE_TEST_CHANGED"] = "no"
      yield* system.restart("tree")
      assert.strictEqual(yield* chameleon.Give(), "old")
      assert.strictEqual((yield* reason(chameleon.Take({ text: 7 })))._tag, "NotSendable")
    }).pipe(Effect.provide(quietly(System.layer(config)))))
})
