import { assert, describe, it } from "@effect/vitest"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { difference, digestOf, inOrder } from "../../src/wire/protocol.ts"

const digest = (...rpcs: ReadonlyArray<Rpc.Any>) => digestOf(RpcGroup.make(...rpcs).requests)
const ofPayload = (payload: Schema.Top) => digest(Rpc.make("Do", { payload }))

interface Tree {
  readonly children: ReadonlyArray<Tree>
}
const tree = () => {
  const Tree = Schema.Struct({ children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree)) })
  return Tree
}
interface Endless {
  readonly more: Endless | null
}
/** Makes a new schema each time that it is looked at. */
const endless = (): Schema.Codec<Endless> =>
  Schema.Struct({ more: Schema.NullOr(Schema.suspend((): Schema.Codec<Endless> => endless())) })

const user = (name: string) => Schema.Struct({ name: Schema.String }).annotate({ identifier: name })
class First extends Schema.TaggedError<First>()("First", { at: Schema.Number }) {}
class Second extends Schema.TaggedError<Second>()("Second", { at: Schema.Number }) {}

/** Schemas that no two threads may take for each other. */
const schemas: Readonly<Record<string, () => Schema.Top>> = {
  String: () => Schema.String,
  Number: () => Schema.Number,
  Finite: () => Schema.Finite,
  Int: () => Schema.Int,
  "a length": () => Schema.String.check(Schema.isMaxLength(3)),
  "a pattern": () => Schema.String.check(Schema.isPattern(/x/)),
  "a literal": () => Schema.Literal("a"),
  "another literal": () => Schema.Literal("b"),
  "the literal 1": () => Schema.Literal(1),
  "the literal \"1\"": () => Schema.Literal("1"),
  literals: () => Schema.Literals(["a", "b"]),
  "a struct": () => Schema.Struct({ a: Schema.String }),
  "another field": () => Schema.Struct({ b: Schema.String }),
  "another type": () => Schema.Struct({ a: Schema.Number }),
  "an optional field": () => Schema.Struct({ a: Schema.optional(Schema.String) }),
  "an optional key": () => Schema.Struct({ a: Schema.optionalKey(Schema.String) }),
  "one more field": () => Schema.Struct({ a: Schema.String, b: Schema.String }),
  "a record": () => Schema.Record(Schema.String, Schema.Number),
  "an array": () => Schema.Array(Schema.String),
  "a tuple": () => Schema.Tuple([Schema.String]),
  "a union": () => Schema.Union([Schema.String, Schema.Number]),
  "NullOr": () => Schema.NullOr(Schema.String),
  "UndefinedOr": () => Schema.UndefinedOr(Schema.String),
  "an Option": () => Schema.Option(Schema.String),
  "an Option of another": () => Schema.Option(Schema.Number),
  "a Date": () => Schema.Date,
  "bytes": () => Schema.Uint8Array,
  "a Map": () => Schema.ReadonlyMap(Schema.String, Schema.Number),
  "a Set": () => Schema.ReadonlySet(Schema.String),
  "an error": () => First,
  "another error": () => Second,
  "a number in text": () => Schema.FiniteFromString,
  "a tree": tree,
  Unknown: () => Schema.Unknown,
  Void: () => Schema.Void
}

describe("the digest of a protocol", () => {
  it("F14: The digest of a protocol is another for each schema, and the same for each time that it is made.", () => {
    const digests = Object.entries(schemas).map(([name, make]) => {
      assert.strictEqual(ofPayload(make()), ofPayload(make()), name)
      return ofPayload(make())
    })
    assert.strictEqual(new Set(digests).size, digests.length)
  })

  it("F14: The digest of a protocol is another for each part of a message.", () => {
    const parts = [
      Rpc.make("Do"),
      Rpc.make("Make"),
      Rpc.make("Do", { payload: Schema.String }),
      Rpc.make("Do", { success: Schema.String }),
      Rpc.make("Do", { error: Schema.String }),
      Rpc.make("Do", { success: Schema.String, stream: true }),
      Rpc.make("Do", { success: Schema.String, error: Schema.String, stream: true })
    ].map((rpc) => digest(rpc))
    assert.strictEqual(new Set(parts).size, parts.length)
  })

  it("F14: The digest of a protocol does not depend on the order of messages and fields, on descriptions, or on defaults.", () => {
    const [one, two] = [Rpc.make("One"), Rpc.make("Two")]
    assert.strictEqual(digest(one, two), digest(two, one))
    assert.deepStrictEqual(inOrder(RpcGroup.make(two, one).requests).map(({ _tag }) => _tag), ["One", "Two"])
    const { Number, String, Struct } = Schema
    assert.strictEqual(ofPayload(Struct({ a: String, b: Number })), ofPayload(Struct({ b: Number, a: String })))
    assert.strictEqual(ofPayload(String), ofPayload(String.annotate({ description: "the name" })))
    assert.strictEqual(ofPayload(user("User")), ofPayload(user("User")))
  })

  it("F14: The digest of a protocol ends, however schemas go on.", () => {
    assert.strictEqual(ofPayload(endless()), ofPayload(endless()))
    const broken = Schema.suspend((): Schema.Codec<string> => {
      throw new Error("not there yet")
    })
    assert.strictEqual(ofPayload(broken), ofPayload(broken))
  })

  it("The digest of a protocol says which messages differ.", () => {
    const agreed = digest(Rpc.make("A"), Rpc.make("B"), Rpc.make("C"))
    const here = digest(Rpc.make("A"), Rpc.make("C", { success: Schema.String }), Rpc.make("D"))
    assert.strictEqual(difference(agreed, here), "B is missing, D is new, C has other schemas")
  })

  it("F14: The digest of a keyed actor is another for each schema of its keys, and says so.", () => {
    const { requests } = RpcGroup.make(Rpc.make("Do"))
    const digests = Object.values(schemas).map((make) => digestOf(requests, make()))
    assert.strictEqual(new Set([...digests, digestOf(requests)]).size, digests.length + 1)
    const [texts, numbers] = [digestOf(requests, Schema.String), digestOf(requests, Schema.Int)]
    assert.strictEqual(difference(texts, numbers), "its key has another schema")
    assert.strictEqual(difference(texts, digestOf(requests)), "it has no keys")
    assert.strictEqual(difference(digestOf(requests), texts), "it has keys")
  })
})
