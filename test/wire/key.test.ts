import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as key from "../../src/wire/key.ts"
import { CodecIssue } from "../../src/wire/translator.ts"
import { texts } from "../values/texts.ts"

/** The text of a key. */
const text = <A, I>(schema: Schema.Codec<A, I>, value: unknown): string => {
  const encoded = key.make("Room", schema).encode(value)
  return encoded instanceof CodecIssue ? `refused: ${encoded.text}` : encoded
}

/** A key there and back. */
const back = <A, I>(schema: Schema.Codec<A, I>, value: A): unknown =>
  key.make("Room", schema).decode(text(schema, value))

class Seat extends Schema.Class<Seat>("Seat")({ row: Schema.Int, name: Schema.String }) {}

describe("The key of an actor", () => {
  it("K1: A text is its own form, whatever is in it.", () => {
    const strings = key.make("Room", Schema.String)
    fc.assert(fc.property(texts(), (value) => {
      assert.strictEqual(strings.encode(value), value)
      assert.strictEqual(strings.decode(value), value)
    }))
    assert.strictEqual(text(Schema.Literals(["a", "b"]), "a"), "a")
    assert.strictEqual(text(Schema.String.pipe(Schema.brand("Id")), "a"), "a")
  })

  it("K1: Keys of other types are told apart by type and value, and come back as what they were.", () => {
    assert.strictEqual(text(Schema.Number, 7), "7")
    assert.strictEqual(text(Schema.Number, -0), text(Schema.Number, 0))
    const mixed = Schema.Union([Schema.String, Schema.Int])
    assert.notStrictEqual(text(mixed, "1"), text(mixed, 1))
    for (
      const [schema, value] of [
        [Schema.Number, 0.1],
        [Schema.Number, Number.NaN],
        [Schema.Boolean, true],
        [Schema.BigInt, 2n ** 70n],
        [Schema.Date, new Date(5)],
        [Schema.Option(Schema.Int), Option.some(3)],
        [Schema.Tuple([Schema.String, Schema.Int]), ["a", 1]],
        [Seat, new Seat({ row: 1, name: "x" })],
        [Schema.Struct({ a: Schema.optional(Schema.Int) }), {}]
      ] as const
    ) {
      assert.deepStrictEqual(back<unknown, unknown>(schema, value), value)
    }
  })

  it("K1: A key that has a secret anywhere is refused, because keys are in logs and errors.", () => {
    interface Nested {
      readonly next: Nested | null
    }
    const nested = Schema.Struct({ next: Schema.NullOr(Schema.suspend((): Schema.Codec<Nested> => nested)) })
    const secret = Schema.Redacted(Schema.String)
    for (const schema of [secret, Schema.Struct({ user: Schema.Array(secret) }), Schema.NullOr(secret)]) {
      assert.throws(() => key.make("Room", schema), "the key of Room is in logs, errors and events")
    }
    assert.strictEqual(text(nested, { next: { next: null } }), `{"next":{"next":null}}`)
  })

  it("K1: Structs are equal whatever the order of their fields, at any depth.", () => {
    const schema = Schema.Struct({
      guild: Schema.String,
      place: Schema.Struct({ x: Schema.Int, y: Schema.Int }),
      list: Schema.Array(Schema.Struct({ b: Schema.Int, a: Schema.Int }))
    })
    const one = { guild: "g", place: { x: 1, y: 2 }, list: [{ a: 1, b: 2 }] }
    const other = { list: [{ b: 2, a: 1 }], place: { y: 2, x: 1 }, guild: "g" }
    assert.strictEqual(text(schema, one), text(schema, other))
    assert.notStrictEqual(text(schema, one), text(schema, { ...one, guild: "h" }))
    assert.deepStrictEqual(back(schema, one), one)
  })

  it("K1: What doesn't match its schema has no text.", () => {
    for (
      const [schema, value] of [
        [Schema.String, 1],
        [Schema.String, undefined],
        [Schema.Int, 1.5],
        [Schema.NonEmptyString, ""],
        [Schema.Struct({ a: Schema.Int }), { a: "1" }],
        [Schema.Struct({ a: Schema.Int }), null]
      ] as const
    ) {
      assert.match(text<unknown, unknown>(schema, value), /^refused: /)
    }
    assert.instanceOf(key.make("Room", Schema.Int).decode("{"), CodecIssue)
  })
})
