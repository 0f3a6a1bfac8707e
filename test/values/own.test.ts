import { assert, describe, it, vi } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { across } from "./crossing.ts"
import { same } from "./same.ts"

class Point extends Schema.Class<Point>("Point")({ x: Schema.Finite, y: Schema.Finite }) {}

interface Tree {
  readonly value: number
  readonly inner: ReadonlyArray<Tree>
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  value: Schema.Int,
  inner: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

/** How often code is generated while something runs. */
const generated = (run: () => void): number => {
  let count = 0
  const note = <A>(make: () => A): A => {
    count++
    return make()
  }
  vi.stubGlobal(
    "Function",
    new Proxy(Function, {
      apply: (target, self, args) => note(() => Reflect.apply(target, self, args)),
      construct: (target, args) => note(() => Reflect.construct(target, args))
    })
  )
  try {
    run()
    return count
  } finally {
    vi.unstubAllGlobals()
  }
}

const cases: ReadonlyArray<readonly [what: string, schema: Schema.Constraint, value: unknown]> = [
  ["a struct", Schema.Struct({ id: Schema.Int, name: Schema.optionalKey(Schema.NonEmptyString) }), { id: 7 }],
  ["a class", Schema.Struct({ at: Point }), { at: new Point({ x: 1, y: 2 }) }],
  ["an option in a record", Schema.Record(Schema.String, Schema.Option(Schema.Date)), { a: Option.some(new Date(7)) }],
  ["a schema that refers to itself", Tree, { value: 1, inner: [{ value: 2, inner: [] }] }],
  ["a union in a tuple", Schema.Tuple([Schema.Union([Schema.Int, Schema.String]), Schema.Null]), ["a", null]]
]

describe("the schemas of messages are compiled where the program's are interpreted:", () => {
  for (const [what, schema, value] of cases) {
    it(`The schemas of messages are compiled where the program's are interpreted (${what}), and the program's own use of them generates no code.`, () => {
      const own = schema as Schema.Codec<unknown>
      assert.isAbove(generated(() => assert.isTrue(same(across(schema, value), value))), 0)
      const byProgram = generated(() => {
        const encoded = Schema.encodeUnknownSync(own)(value)
        assert.isTrue(same(Schema.decodeUnknownSync(own)(encoded), value))
        assert.isTrue(Schema.is(own)(value))
      })
      assert.strictEqual(byProgram, 0)
    })
  }
})
