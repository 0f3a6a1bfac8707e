import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** What an actor keeps, as the supervisor would hold it. */
const keeping = () => {
  let held = Option.none<unknown>()
  const current = {
    actor: "Keeper",
    kept: {
      read: Effect.sync(() => held),
      write: (encoded: unknown) =>
        Effect.sync(() => {
          held = Option.some(structuredClone(encoded))
        })
    }
  }
  return Effect.provideService(Actor.Current, Object.assign(Object.create(null), current))
}

class Person {
  readonly name = "Ada"
}

const Session = Schema.Struct({
  cursor: Schema.Option(Schema.BigInt),
  seen: Schema.ReadonlyMap(Schema.String, Schema.Date),
  rate: Schema.Number,
  name: Schema.optional(Schema.String)
})

it.effect("D14: What an actor keeps comes back as it was set.", () =>
  Effect.gen(function*() {
    for (
      const value of [
        { cursor: Option.some(5n), seen: new Map([["a", new Date(1)]]), rate: NaN, name: undefined },
        { cursor: Option.none(), seen: new Map(), rate: -0 }
      ]
    ) {
      yield* (yield* Actor.kept(Session)).set(value)
      const { previous } = yield* Actor.kept(Session)
      assert.deepStrictEqual(previous, Option.some(value))
      assert.strictEqual("name" in Option.getOrThrow(previous), "name" in value)
    }
  }).pipe(keeping()))

it.effect("D14: What an actor can't keep is refused at once, by name.", () =>
  Effect.gen(function*() {
    const exit = yield* Effect.exit(Effect.asVoid(Actor.kept(Schema.Struct({ a: Schema.instanceOf(Person) }))))
    const unfit = yield* Actor.kept(Schema.Struct({ a: Schema.Unknown }))
    const late = yield* Effect.exit(unfit.set({ a: () => 1 }))
    const texts = [exit, late].map((exit) => Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "kept")
    assert.match(texts[0] ?? "", /what Keeper keeps, at \["a"\]/)
    assert.match(texts[1] ?? "", /what Keeper keeps does not match its schema \(a function can't be sent/)
  }).pipe(keeping()))
