import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { execFileSync } from "node:child_process"
import { derive } from "../../src/values/clonable.ts"
import { asDescription, describe as describeValues, type Description, make, Parts } from "../../src/wire/valueFormat.ts"

const Small = Schema.Struct({ id: Schema.Int, text: Schema.String })

/** How the clonable form of a schema lies. */
const describeSchema = (schema: Schema.Codec<unknown, unknown>): Description =>
  describeValues(SchemaAST.toEncoded(derive(schema.ast, "encoder")))

const cases: ReadonlyArray<
  readonly [
    name: string,
    schema: Schema.Codec<unknown, unknown>,
    Description,
    value: unknown,
    parts: ReadonlyArray<unknown>
  ]
> = [
  ["a text", Schema.String, "plain", "a", ["a"]],
  ["one of some literals", Schema.Literals(["a", "b"]), "plain", "b", ["b"]],
  ["nothing", Schema.Void, "plain", undefined, [undefined]],
  ["any number", Schema.Number, "plain", NaN, [NaN]],
  ["a large number", Schema.BigInt, "plain", 2n, [2n]],
  ["a number or null", Schema.NullOr(Schema.Finite), "plain", null, [null]],
  ["a struct", Small, { fields: [["id", "plain"], ["text", "plain"]] }, { id: 1, text: "a" }, [1, "a"]],
  [
    "a struct in a struct",
    Schema.Struct({ before: Schema.Int, small: Small, after: Schema.Boolean }),
    { fields: [["before", "plain"], ["small", { fields: [["id", "plain"], ["text", "plain"]] }], ["after", "plain"]] },
    { before: 1, small: { id: 2, text: "a" }, after: true },
    [1, 2, "a", true]
  ],
  [
    "an array of structs",
    Schema.Array(Small),
    { each: { fields: [["id", "plain"], ["text", "plain"]] } },
    [{ id: 1, text: "a" }, { id: 2, text: "b" }],
    [2, 1, "a", 2, "b"]
  ],
  ["an array that is never empty", Schema.NonEmptyArray(Schema.Int), { each: "plain" }, [3, 4], [2, 3, 4]],
  ["an empty array", Schema.Array(Schema.Int), { each: "plain" }, [], [0]],
  ["a tuple", Schema.Tuple([Schema.Literal(1), Schema.String]), "json", [1, "a"], [`[1,"a"]`]],
  ["a tuple of numbers", Schema.Tuple([Schema.Int]), "cloned", [-0], [[-0]]],
  ["a record", Schema.Record(Schema.String, Schema.String), "json", { a: "b" }, [`{"a":"b"}`]],
  ["a record of numbers", Schema.Record(Schema.String, Schema.Number), "cloned", { a: NaN }, [{ a: NaN }]],
  ["one of several structs", Schema.Union([Small, Schema.Struct({ at: Schema.Int })]), "cloned", { at: 1 }, [{
    at: 1
  }]],
  [
    "a struct with a record",
    Schema.Struct({ id: Schema.Int, more: Schema.Record(Schema.String, Schema.String) }),
    { fields: [["id", "plain"], ["more", "json"]] },
    { id: 1, more: { a: "b" } },
    [1, `{"a":"b"}`]
  ],
  [
    "optional fields, which come last",
    Schema.Struct({ maybe: Schema.optionalKey(Schema.Int), small: Schema.optionalKey(Small), id: Schema.Int }),
    { fields: [["id", "plain"], ["maybe", "plain", "optional"], ["small", "cloned", "optional"]] },
    { maybe: 2, small: { id: 3, text: "a" }, id: 1 },
    [1, 2, { id: 3, text: "a" }]
  ],
  [
    "optional fields that are not there",
    Schema.Struct({ maybe: Schema.optionalKey(Schema.Int), small: Schema.optionalKey(Small), id: Schema.Int }),
    { fields: [["id", "plain"], ["maybe", "plain", "optional"], ["small", "cloned", "optional"]] },
    { id: 1 },
    [1, undefined, undefined]
  ],
  [
    "optional fields that are there and undefined",
    Schema.Struct({ a: Schema.optional(Schema.Int), b: Schema.optional(Schema.Int), c: Schema.optional(Schema.Int) }),
    {
      fields: [
        ["a", "plain", "perhaps undefined"],
        ["b", "plain", "perhaps undefined"],
        ["c", "plain", "perhaps undefined"]
      ]
    },
    { a: undefined, c: 3 },
    [true, undefined, false, undefined, true, 3]
  ],
  [
    "optional fields named as what all objects have",
    Schema.Struct({ toString: Schema.optionalKey(Schema.Int), constructor: Schema.optional(Schema.Int) }),
    { fields: [["toString", "plain", "optional"], ["constructor", "plain", "perhaps undefined"]] },
    {},
    [undefined, false, undefined]
  ],
  [
    "fields with the strangest names",
    Schema.Struct({ "a\"b\\": Schema.Int, "\u2028": Schema.Int, "constructor": Schema.Int, "`${1}": Schema.Int }),
    { fields: [["a\"b\\", "plain"], ["\u2028", "plain"], ["constructor", "plain"], ["`${1}", "plain"]] },
    { "a\"b\\": 1, "\u2028": 2, "constructor": 3, "`${1}": 4 },
    [1, 2, 3, 4]
  ]
]

describe("a format", () => {
  for (const [name, schema, description, value, parts] of cases) {
    it(`A format of ${name} is known from its schema, and brings its value back.`, () => {
      assert.deepStrictEqual(describeSchema(schema), description)
      const format = make(asDescription(structuredClone(description)))
      const written: Array<unknown> = ["before"]
      format.write(value, written)
      assert.deepStrictEqual(written, ["before", ...parts])
      const reading = new Parts([...written, "after"])
      assert.strictEqual(reading.next(), "before")
      assert.deepStrictEqual(format.read(reading), value)
      assert.strictEqual(reading.next(), "after")
    })
  }

  it("A format of a schema that refers to itself is one part.", () => {
    interface Tree {
      readonly inner: ReadonlyArray<Tree>
    }
    const Tree: Schema.Codec<Tree> = Schema.Struct({ inner: Schema.Array(Schema.suspend(() => Tree)) })
    const format = make(describeSchema(Tree))
    const value = { inner: [{ inner: [] }, { inner: [{ inner: [] }] }] }
    const written: Array<unknown> = []
    format.write(value, written)
    assert.deepStrictEqual(format.read(new Parts(written)), value)
  })

  it("A format of what may be more than JSON has parts as they are, which may be bytes.", () => {
    const Anything = Schema.Struct({
      id: Schema.Int,
      any: Schema.Any,
      all: Schema.Array(Schema.Any),
      maybe: Schema.optionalKey(Schema.Any),
      tuple: Schema.Tuple([Schema.Int])
    })
    const description = describeSchema(Anything)
    assert.deepStrictEqual(description, {
      fields: [["id", "plain"], ["any", "cloned"], ["all", { each: "cloned" }], ["tuple", "cloned"], [
        "maybe",
        "cloned",
        "perhaps undefined"
      ]]
    })
    const format = make(asDescription(structuredClone(description)))
    const value = { id: 1, any: new Uint8Array([1]), all: [2n, new Map()], tuple: [3] }
    const written: Array<unknown> = []
    format.write(value, written)
    assert.deepStrictEqual(format.read(new Parts(structuredClone(written))), value)
    assert.isTrue(format.mayBeBytes)
    assert.isFalse(make(describeSchema(Small)).mayBeBytes)
  })

  it("What is no part is refused as a format.", () => {
    for (const part of ["flat", 7, null, undefined, {}]) assert.throws(() => asDescription(part), "a description was")
  })

  it("A format is one part where no code may be made at run time.", () => {
    const script = `
      import { Schema, SchemaAST } from "effect"
      import { describe } from "./src/wire/valueFormat.ts"
      console.log(JSON.stringify(describe(SchemaAST.toEncoded(Schema.Struct({ id: Schema.Int }).ast))))`
    const args = ["--disallow-code-generation-from-strings", "--input-type=module-typescript", "-e", script]
    assert.strictEqual(execFileSync(process.execPath, args, { encoding: "utf8" }), `"cloned"\n`)
  })
})

it.effect("Any value of a schema comes back from its format.", () =>
  Effect.sync(() => {
    // Every shape twice over, so that inner formats are read where the outer ones expect them.
    const [first, ...rest] = cases.filter(([, , description]) => description !== "json")
    assert.isDefined(first)
    for (const [, , description, value] of rest) {
      const format = make({ fields: [["first", first[2]], ["second", description], ["third", { each: description }]] })
      const whole = { first: first[3], second: value, third: [value, value] }
      const written: Array<unknown> = []
      format.write(whole, written)
      assert.deepStrictEqual(format.read(new Parts(written)), whole)
    }
  }))
