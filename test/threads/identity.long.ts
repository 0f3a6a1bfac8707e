/** Main and its threads agree on who hosts whom, however the config module answers them. */
import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ExitCause, System } from "heddle"
import { Ann, Bob, Cyd } from "../fixtures/identity/Actors.ts"
import declared from "../fixtures/identity/config.ts"
import { quietly, thread, watch } from "./watching.ts"

const become = (how: string | undefined): void => {
  if (how === undefined) delete process.env["HEDDLE_TEST_IDENTITY"]
  else process.env["HEDDLE_TEST_IDENTITY"] = how
}
afterEach(() => become(undefined))

const config = declared instanceof Promise || declared === undefined ? assert.fail("it is a system") : declared
const layer = quietly(System.layer(config))

const everybody = Effect.gen(function*() {
  return [yield* (yield* Ann).Who(), yield* (yield* Bob).Who(), yield* (yield* Cyd).Who()]
})
const themselves = ["I am Ann", "I am Bob", "I am Cyd"]

/** Other orders, and differences that are not this thread's. */
// A system that is made in the config module is the one, though its export is a promise.
const agreeing = ["actors reversed", "threads reversed", "messages reversed", "a promise"]

/** What is said of each other difference. */
const differing: ReadonlyArray<readonly [how: string, said: ReadonlyArray<string>]> = [
  ["an actor less", ["declares \"pair\" with [Ann], and main declares it with [Ann, Bob]: Bob is missing."]],
  ["an actor more", ["with [Dan, Ann, Bob], and main declares it with [Ann, Bob]: Dan is not declared on main."]],
  ["an actor renamed", ["with [Ann, Dan], and", "Bob is missing; Dan is not declared on main."]],
  ["an actor moved", ["with [Ann], and", "Bob is missing."]],
  ["isMainThread", ["with [Dan], and", "Ann is missing; Bob is missing; Dan is not declared on main", "isMainThread"]],
  ["a message less", ["Ann has another protocol (Why is missing)"]],
  ["another field", ["Ann has another protocol (Why has other schemas)"]],
  ["a thread less", ["it has no thread \"pair\", only lone; main declares it with [Ann, Bob]."]],
  ["only its thread", ["with [Cyd], and", "Ann is missing; Bob is missing; Cyd is not declared on main."]],
  ["throws", ["no config today"]],
  ["a name twice", ["the name \"Ann\" is taken"]],
  ["nothing", ["it has no system as its default export: its default export is undefined"]]
]

describe("the identity of actors", () => {
  for (const how of agreeing) {
    it.live(`F14: With actors ${how} in a thread from the first start, each message reaches the actor that it names.`, () =>
      Effect.suspend(() => {
        become(how)
        return Effect.provide(
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* everybody, themselves)
            assert.strictEqual(yield* (yield* Cyd).Why({ of: "Bob" }), "I am Bob")
            assert.strictEqual(yield* (yield* Ann).Why({ of: "it" }), "Ann knows of it")
          }),
          layer
        )
      }))
  }

  it.live("F14: A restart takes changed code over, in whatever order its names are.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      for (const how of agreeing) {
        become(how)
        for (const name of ["pair", "lone"]) yield* system.restart(name)
        assert.deepStrictEqual(yield* everybody, themselves)
        for (const  of of["Ann", "Bob"]) assert.strictEqual(yield* (yield* Cyd).Why({ of }), `I am ${of}`)
        const { actors } = yield* thread("pair")
        assert.deepStrictEqual(actors.map(({ handled, name }) => [name, handled > 0]), [["Ann", true], ["Bob", true]])
      }
    }).pipe(Effect.provide(layer)))

  it.live("F14, F10: What had stalled is named rightly, in whatever order its messages are.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      become("messages reversed")
      yield* (yield* System.System).restart("pair")
      yield* Effect.flip((yield* Ann).Hang())
      assert.strictEqual((yield* events.next("ThreadStalled")).cause.handling, "Ann.Hang")
    }).pipe(Effect.provide(layer)))

  for (const [how, said] of differing) {
    it.live(`F14: With actors ${how} in a thread, it does not start, and both lists are shown.`, () =>
      Effect.gen(function*() {
        become(how)
        const error = yield* Effect.flip(Effect.provide(everybody, layer))
        for (const text of said) assert.include(error.message, text)
        assert.match(error.message, /^thread "pair" did not start: it could not load file:/)
      }))

    it.live(`F14: With actors ${how} after a restart, nobody answers in another's name, and the others go on.`, () =>
      Effect.gen(function*() {
        const events = yield* watch
        become(how)
        yield* Effect.ignore((yield* System.System).restart("pair"))
        const { cause } = yield* events.next("ThreadExited", ({ asked }) => !asked)
        assert.strictEqual(cause._tag, "LoadFailed")
        for (const text of said) assert.include(ExitCause.format(cause), text)
        yield* events.next("GaveUp")
        yield* Effect.flip((yield* Ann).Who())
        yield* Effect.flip((yield* Bob).Who())
        assert.strictEqual(yield* (yield* Cyd).Who(), "I am Cyd")
        become(undefined)
        yield* (yield* System.System).start("pair")
        assert.deepStrictEqual(yield* everybody, themselves)
      }).pipe(Effect.provide(layer)))
  }

  it.live("F14: What another thread hosts is asked by its name, or not known, whatever a thread's import says.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const cyd = yield* Cyd
      const restarted = (how: string) => Effect.andThen(Effect.sync(() => become(how)), system.restart("lone"))
      yield* restarted("an actor more")
      assert.match(yield* cyd.Why({ of: "Dan" }), /no thread of this system declares the actor/)
      assert.strictEqual(yield* cyd.Why({ of: "Ann" }), "I am Ann")
      yield* restarted("an actor less")
      assert.strictEqual(yield* cyd.Why({ of: "Bob" }), "Bob is not known here")
      assert.strictEqual(yield* cyd.Why({ of: "Ann" }), "I am Ann")
      yield* restarted("a thread less")
      assert.strictEqual(yield* cyd.Why({ of: "Ann" }), "Ann is not known here")
      assert.deepStrictEqual(yield* everybody, themselves)
    }).pipe(Effect.provide(layer)))
})
