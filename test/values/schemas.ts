/** Schemas by chance, and values of each. */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { texts } from "./texts.ts"

export interface Sample {
  readonly name: string
  readonly schema: Schema.Codec<unknown, unknown>
  readonly values: fc.Arbitrary<unknown>
}

const sample = <A>(name: string, schema: Schema.Codec<A, unknown>, values: fc.Arbitrary<A>): Sample => ({
  name,
  schema,
  values
})

export class Point extends Schema.Class<Point>("Point")({ x: Schema.Number, at: Schema.Date }) {}
export class Lost extends Schema.TaggedError<Lost>()("Lost", { at: Point, why: Schema.optional(Schema.String) }) {}
class Twin extends Schema.Class<Twin>("Twin")({ x: Schema.Number, at: Schema.Date }) {}

const numbers = fc.oneof(fc.constantFrom(NaN, -0, 0, Infinity, -Infinity, 1.5, 2 ** 60), fc.double())
const dates = fc.date({ noInvalidDate: true })
const points = fc.record({ x: numbers, at: dates }).map((fields) => new Point(fields))
const twins = fc.record({ x: numbers, at: dates }).map((fields) => new Twin(fields))
const data = fc.oneof(
  numbers,
  fc.constantFrom(undefined, null, true, 5n),
  fc.string(),
  dates,
  fc.uint8Array(),
  fc.array(numbers),
  fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), fc.oneof(numbers, fc.constant(undefined)), {
    noNullPrototype: true
  })
)

const leaves: ReadonlyArray<Sample> = [
  sample("Number", Schema.Number, numbers),
  sample("Int", Schema.Int, fc.constantFrom(0, -0, 7, Number.MAX_SAFE_INTEGER)),
  sample("String", Schema.String, texts()),
  sample("Boolean", Schema.Boolean, fc.boolean()),
  sample("BigInt", Schema.BigInt, fc.bigInt()),
  sample("Null", Schema.Null, fc.constant(null)),
  sample("Undefined", Schema.Undefined, fc.constant(undefined)),
  sample("Literals", Schema.Literals(["a", 2, true, 5n]), fc.constantFrom("a", 2, true, 5n)),
  sample("Symbol", Schema.Symbol, fc.string().map((key) => Symbol.for(key))),
  sample("Date", Schema.Date, dates),
  sample("RegExp", Schema.RegExp, fc.constantFrom(/a/g, /^b$/)),
  sample("URL", Schema.URL, fc.constantFrom(new URL("http://a/b?c"))),
  sample("Uint8Array", Schema.Uint8Array, fc.uint8Array()),
  sample("Float64Array", Schema.instanceOf(Float64Array), fc.array(numbers).map((all) => new Float64Array(all))),
  sample(
    "DataView",
    Schema.instanceOf(DataView),
    fc.uint8Array().map((all) => new DataView(new Uint8Array(all).buffer))
  ),
  sample("Duration", Schema.Duration, fc.bigInt({ min: 0n, max: 2n ** 60n }).map(Duration.nanos)),
  sample("NumberFromString", Schema.NumberFromString, fc.oneof(fc.integer(), fc.constantFrom(NaN, Infinity))),
  sample("Trimmed", Schema.Trim, fc.constantFrom("", "a", "a b")),
  sample("Json", Schema.Json, fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)))),
  sample("Unknown", Schema.Unknown, data),
  sample("Any", Schema.Any, data),
  sample("Class", Point, points),
  sample("TaggedError", Lost, points.map((at) => new Lost({ at }))),
  sample("TaggedError with undefined", Lost, points.map((at) => new Lost({ at, why: undefined }))),
  sample("two classes alike", Schema.Union([Point, Twin]), fc.oneof(points, twins)),
  sample(
    "a string or what becomes one",
    Schema.Union([Schema.DateFromString, Schema.String]),
    fc.oneof(dates, fc.string(), fc.constant("2020-01-01"))
  )
]

/** What an object may be named by, however strange. */
const names = fc.constantFrom("a", "b", "toString", "constructor", "__proto__", "a b", "\"", "0")
/** Effect takes an optional field that is not there from the prototype of all objects. */
const optionalNames = new Set(["a", "b", "a b", "0"])

const optional = (
  inner: Sample,
  name: string
): { readonly schema: Schema.Constraint; readonly values: fc.Arbitrary<object> } => ({
  schema: Schema.optional(inner.schema),
  values: fc.oneof(
    fc.constant({}),
    fc.oneof(fc.constant(undefined), inner.values).map((value) => keyed([[name, value]]))
  )
})

const keyed = (entries: ReadonlyArray<readonly [string, unknown]>): object => Object.fromEntries(entries)

type Kind = "required" | "optional" | "optionalKey"

const structOf = (fields: ReadonlyArray<readonly [name: string, Sample, Kind]>): Sample => ({
  name: `{ ${fields.map(([name, { name: type }, kind]) => `${kind} ${name}: ${type}`).join(", ")} }`,
  schema: Schema.Struct(
    Object.fromEntries(fields.map(([name, { schema }, kind]): [string, Schema.Codec<unknown, unknown>] => [
      name,
      kind === "required" ? schema : kind === "optional" ? Schema.optional(schema) : Schema.optionalKey(schema)
    ]))
  ),
  values: fc.tuple(...fields.map(([name, inner, kind]) =>
    kind === "required"
      ? inner.values.map((value) => keyed([[name, value]]))
      : kind === "optional"
      ? optional(inner, name).values
      : fc.oneof(fc.constant({}), inner.values.map((value) => keyed([[name, value]])))
  )).map((parts) => Object.fromEntries(parts.flatMap((part) => Object.entries(part))))
})

const tupleOf = (one: Sample, two: Sample): Sample =>
  sample(`[${one.name}, ${two.name}]`, Schema.Tuple([one.schema, two.schema]), fc.tuple(one.values, two.values))

const optionOf = (inner: Sample): Sample =>
  sample(
    `Option(${inner.name})`,
    Schema.Option(inner.schema),
    fc.oneof(fc.constant(Option.none()), inner.values.map((value) => Option.some(value)))
  )

const resultOf = (one: Sample, two: Sample): Sample =>
  sample(
    `Result(${one.name}, ${two.name})`,
    Schema.Result(one.schema, two.schema),
    fc.oneof(one.values.map((value) => Result.succeed(value)), two.values.map((value) => Result.fail(value)))
  )

const mapOf = (one: Sample, two: Sample): Sample =>
  sample(
    `Map(${one.name}, ${two.name})`,
    Schema.ReadonlyMap(one.schema, two.schema),
    fc.array(fc.tuple(one.values, two.values), { maxLength: 3 }).map((entries) => new Map(entries))
  )

const taggedOf = (one: Sample, two: Sample): Sample =>
  sample(
    `one of (${one.name}, ${two.name})`,
    Schema.Union([
      Schema.Struct({ _tag: Schema.Literal("one"), value: one.schema }),
      Schema.Struct({ _tag: Schema.Literal("two"), value: two.schema })
    ]),
    fc.oneof(
      one.values.map((value) => ({ _tag: "one" as const, value })),
      two.values.map((value) => ({ _tag: "two" as const, value }))
    )
  )

const { tree } = fc.letrec<{ readonly tree: Sample; readonly inner: Sample }>((tie) => ({
  inner: tie("tree"),
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 3, arbitrary: fc.constantFrom(...leaves) },
    {
      weight: 2,
      arbitrary: fc.uniqueArray(fc.tuple(names, tie("inner"), fc.constantFrom("required", "optional", "optionalKey")), {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 4
      }).map((fields) =>
        structOf(fields.map(([name, inner, kind]) => [name, inner, optionalNames.has(name) ? kind : "required"]))
      )
    },
    {
      weight: 1,
      arbitrary: tie("inner").map((inner) =>
        sample(`Array(${inner.name})`, Schema.Array(inner.schema), fc.array(inner.values, { maxLength: 3 }))
      )
    },
    {
      weight: 1,
      arbitrary: tie("inner").map((inner) =>
        sample(
          `Record(${inner.name})`,
          Schema.Record(Schema.String, inner.schema),
          fc.array(fc.tuple(fc.oneof(names, fc.string()), inner.values), { maxLength: 3 }).map(Object.fromEntries)
        )
      )
    },
    { weight: 1, arbitrary: fc.tuple(tie("inner"), tie("inner")).map(([one, two]) => tupleOf(one, two)) },
    {
      weight: 1,
      arbitrary: tie("inner").map((inner) =>
        sample(`NullOr(${inner.name})`, Schema.NullOr(inner.schema), fc.oneof(fc.constant(null), inner.values))
      )
    },
    { weight: 1, arbitrary: tie("inner").map(optionOf) },
    { weight: 1, arbitrary: fc.tuple(tie("inner"), tie("inner")).map(([one, two]) => resultOf(one, two)) },
    { weight: 1, arbitrary: fc.tuple(tie("inner"), tie("inner")).map(([one, two]) => mapOf(one, two)) },
    {
      weight: 1,
      arbitrary: tie("inner").map((inner) =>
        sample(
          `Set(${inner.name})`,
          Schema.ReadonlySet(inner.schema),
          fc.array(inner.values, { maxLength: 3 }).map((all) => new Set(all))
        )
      )
    },
    { weight: 1, arbitrary: fc.tuple(tie("inner"), tie("inner")).map(([one, two]) => taggedOf(one, two)) }
  )
}))

/** A schema and some of its values. */
export const samples = tree.chain((sample) =>
  fc.array(sample.values, { minLength: 1, maxLength: 4 }).map((values) => ({
    sample,
    values,
    [fc.toStringMethod]: () => `${sample.name}: ${fc.stringify(values)}`
  }))
)
