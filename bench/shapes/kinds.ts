/** A field of each kind of schema. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Carried } from "./shapes.ts"

class Pair extends Schema.Class<Pair>("Pair")({ left: Schema.Finite, right: Schema.Finite }) {}

const Circle = Schema.TaggedStruct("Circle", { radius: Schema.Finite })
const Square = Schema.TaggedStruct("Square", { side: Schema.Finite })

const carried = <A>(title: string, schema: Schema.Codec<A, unknown>, value: (index: number) => A): Carried => ({
  title,
  schema: Schema.Struct({ field: schema }),
  value: (index) => ({ field: value(index) })
})

const text = "sixteen letters."

/** The kinds; `boolean` comes first, because the others are compared with it. */
export const kinds = {
  boolean: carried("`Boolean`", Schema.Boolean, (index) => index % 2 === 0),
  finite: carried("`Finite`", Schema.Finite, (index) => index + 0.5),
  int: carried("`Int`", Schema.Int, (index) => index),
  number: carried("`Number`", Schema.Number, (index) => index + 0.5),
  string: carried("`String`, 16 characters", Schema.String, () => text),
  bigint: carried("`BigInt`", Schema.BigInt, BigInt),
  literals: carried("`Literals` of three", Schema.Literals(["red", "green", "blue"]), () => "green"),
  optional: {
    title: "`optionalKey(String)`, half of them there",
    schema: Schema.Struct({ field: Schema.optionalKey(Schema.String) }),
    value: (index: number) => index % 2 === 0 ? { field: text } : {}
  },
  nullOr: carried(
    "`NullOr(String)`, half of them null",
    Schema.NullOr(Schema.String),
    (i) => i % 2 === 0 ? text : null
  ),
  option: carried(
    "`Option(String)`, half of them none",
    Schema.Option(Schema.String),
    (index) => index % 2 === 0 ? Option.some(text) : Option.none()
  ),
  date: carried("`Date`", Schema.Date, (index) => new Date(1.7e12 + index)),
  dateTime: carried("`DateTimeUtc`", Schema.DateTimeUtc, (index) => DateTime.makeUnsafe(1.7e12 + index)),
  struct: carried(
    "a struct of two `Finite`s",
    Schema.Struct({ left: Schema.Finite, right: Schema.Finite }),
    (index) => ({
      left: index,
      right: 0.5
    })
  ),
  class: carried("a class of two `Finite`s", Pair, (index) => new Pair({ left: index, right: 0.5 })),
  tagged: carried(
    "a union of two tagged structs",
    Schema.Union([Circle, Square]),
    (index) => index % 2 === 0 ? { _tag: "Circle" as const, radius: index } : { _tag: "Square" as const, side: index }
  ),
  array: carried("`Array(Finite)`, ten elements", Schema.Array(Schema.Finite), (index) => [
    index,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9
  ]),
  record: carried("`Record(String, Finite)`, three keys", Schema.Record(Schema.String, Schema.Finite), (index) => ({
    one: index,
    two: 2,
    three: 3
  })),
  map: carried(
    "`ReadonlyMap(String, Finite)`, three keys",
    Schema.ReadonlyMap(Schema.String, Schema.Finite),
    (index) => new Map([["one", index], ["two", 2], ["three", 3]])
  ),
  bytes: carried("`Uint8Array`, 16 bytes", Schema.Uint8Array, (index) => new Uint8Array(16).fill(index))
} satisfies Readonly<Record<string, Carried>>
