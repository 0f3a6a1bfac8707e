import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config from "../fixtures/confined/config.ts"
import { Free, InProcess, OnThread } from "../fixtures/confined/Confined.ts"
import { quietly, watch } from "./watching.ts"

const patient = { timeout: "30 seconds" } as const
const denied = "ERR_ACCESS_DENIED"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })(
  "a thread without permissions",
  (it) => {
    it.effect("F33: It and a process read no file, reach no network and start nothing, though they have loaded files; others may.", () =>
      Effect.gen(function*() {
        const allowed = yield* (yield* Free).Try(undefined, patient)
        assert.notInclude(Object.values(allowed), denied)
        for (const actor of [yield* OnThread, yield* InProcess]) {
          const tried = yield* actor.Try(undefined, patient)
          assert.deepStrictEqual(tried, Object.fromEntries(Object.keys(allowed).map((name) => [name, denied])))
        }
      }))

    it.effect("F33: It is linked with threads that start after it.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const free = yield* Free
        for (let count = 0; count < 4; count++) {
          yield* system.restart("free")
          assert.deepStrictEqual(yield* free.Ask(undefined, patient), [6, 6])
        }
      }))

    it.effect("F33: An actor that needs them to build comes back with a new thread, which has them while it starts.", () =>
      Effect.gen(function*() {
        const free = yield* Free
        for (const [name, actor] of [["thread", yield* OnThread], ["process", yield* InProcess]] as const) {
          const events = yield* watch
          yield* actor.Break(undefined, { discard: true })
          const { cause } = yield* events.next("ThreadExited", ({ thread }) => thread === name)
          assert.strictEqual(cause._tag, "BuildFailed")
          yield* events.next("ThreadStarted", ({ thread }) => thread === name)
          assert.strictEqual((yield* actor.Try(undefined, patient))["read"], denied)
        }
        assert.deepStrictEqual(yield* free.Ask(undefined, patient), [6, 6])
      }))

    it.effect("F33: A standby thread has none either when it has taken over, and drills are as ever.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        for (
          const [name, actor, fault] of [
            ["thread", yield* OnThread, "exit"],
            ["process", yield* InProcess, "segv"]
          ] as const
        ) {
          const events = yield* watch
          yield* system.inject(name, fault)
          const { cause } = yield* events.next("ThreadExited", ({ thread }) => thread === name)
          assert.strictEqual(
            cause._tag === "Killed" ? cause.signal : cause._tag,
            fault === "segv" ? "SIGSEGV" : "Exited"
          )
          assert.strictEqual((yield* actor.Try(undefined, patient))["connect"], denied)
        }
      }))
  }
)
