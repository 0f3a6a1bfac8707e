import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Transferable from "effect/workers/Transferable"
import { Actor } from "heddle"
import { runInNewContext } from "node:vm"
import { MessageChannel } from "node:worker_threads"
import { filesClone } from "../../src/values/carried.ts"
import * as codec from "../../src/wire/codec.ts"
import { CodecIssue, copyBorrowed, translatorOf } from "../../src/wire/translator.ts"
import { across, complaintOf, stored, within } from "./crossing.ts"
import { same } from "./same.ts"

class Person {
  readonly name = "Ada"
}
class Instant extends Date {}
const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

const assertArrives = (schema: Schema.Constraint, value: unknown): void => {
  const ways = isOnDisk(value) ? [across, within, stored] : [across, within]
  for (const way of ways) assert.isTrue(same(way(schema, value), value), `${way.name}: ${String(value)}`)
}

/** A file's content is not in the value, so no storage can keep it. */
const isOnDisk = (value: unknown): boolean => !(Object(value).value instanceof File)

describe("what any schema lets through", () => {
  const data: ReadonlyArray<readonly [name: string, value: unknown]> = [
    ["what JSON has no word for", [undefined, NaN, -0, Infinity, 2n ** 70n]],
    ["an object whose fields are undefined", { a: undefined, ["__proto__"]: 1 }],
    ["dates, also invalid ones", [new Date(5), new Date(NaN)]],
    ["maps and sets of whatever", new Map<unknown, unknown>([[{ a: 1 }, new Set([new Map()])]])],
    ["typed arrays of every kind", [
      new Float32Array([NaN]),
      new BigInt64Array([-1n]),
      new DataView(new ArrayBuffer(3))
    ]],
    ["buffers", { buffer: new Uint8Array([1, 2]).buffer }],
    ["errors as they are", new TypeError("no", { cause: new RangeError("deep") })],
    ["expressions", /a+/giu],
    // Node 22 makes a Blob of it, so that it can't be sent there.
    ...(filesClone() ? [["a file", new File(["text"], "name")] as const] : [])
  ]
  for (const [name, value] of data) {
    it(`D14: ${name} arrive as they were sent.`, () => {
      for (const schema of [Schema.Unknown, Schema.Any]) assertArrives(Schema.Struct({ value: schema }), { value })
    })
  }

  it("D14: What refers to itself, or to one thing twice, does so on arrival.", () => {
    const twice = { a: {}, b: {} }
    twice.b = twice.a
    for (const way of [across, within]) {
      const arrived = Object(way(Schema.Unknown, cyclic))
      assert.strictEqual(arrived.self, arrived)
      const { a, b } = Object(way(Schema.Any, twice))
      assert.strictEqual(a, b)
    }
  })

  it("D14: An array keeps its holes, and data of another realm is data.", () => {
    const holes = Array.from({ length: 3 })
    delete holes[1]
    assert.isFalse(1 in Object(across(Schema.Unknown, holes)))
    // Looking at each of its holes would take a minute.
    const empty: Array<unknown> = []
    empty[4_000_000_000] = { last: true }
    empty[1] = "first"
    const arrived = across(Schema.Unknown, empty)
    assert.isTrue(Array.isArray(arrived))
    assert.deepStrictEqual(Object.entries(Object(arrived)), [["1", "first"], ["4000000000", { last: true }]])
    assert.deepEqual(across(Schema.Unknown, runInNewContext("({ a: [1, { b: 2 }] })")), { a: [1, { b: 2 }] })
  })

  const refused: ReadonlyArray<readonly [name: string, value: unknown, complaint: RegExp]> = [
    ["an instance of a class", { a: [new Person()] }, /an instance of Person can't be sent.*\n {2}at \["a"\]\[0\]$/s],
    ["an instance in a map", new Map([["a", new Person()]]), /Person.*\n {2}at \["a"\]$/s],
    ["a class of dates", new Instant(), /instance of Instant/],
    ["a class of arrays", new (class List extends Array {})(), /instance of List/],
    ["an error with fields", Object.assign(new Error("no"), { code: 1 }), /fields of its own/],
    ["what Effect adds", { at: Option.some(1) }, /\n {2}at \["at"\]$/],
    ["a function", { f: () => 1 }, /a function can't be sent\n {2}at \["f"\]$/],
    ["a symbol", [Symbol("a")], /a symbol can't be sent/],
    ["a symbol that names a property", { [Symbol("a")]: 1 }, /named by Symbol\(a\)/],
    ["a promise", Promise.resolve(), /Promise/],
    ["a port that is not to move", new MessageChannel().port1, /transfer/]
  ]
  for (const [name, value, complaint] of refused) {
    it(`D14: A value (${name}) is refused, and the error says where it is.`, () => {
      for (const schema of [Schema.Unknown, Schema.Any]) assert.match(complaintOf(schema, value), complaint)
    })
  }
})

describe("what schemas describe", () => {
  class Tree extends Schema.Class<Tree>("Tree")({
    name: Schema.NumberFromString,
    inner: Schema.Array(Schema.suspend((): Schema.Codec<Tree, unknown> => Tree)),
    at: Schema.optional(Schema.Date)
  }) {}
  class Left extends Schema.Class<Left>("Left")({ at: Schema.Number }) {}
  class Right extends Schema.Class<Right>("Right")({ at: Schema.Number }) {}
  const Nanos = Schema.declare((value: unknown): value is Duration.Duration => Duration.isDuration(value), {
    toCodec: () =>
      Schema.link<Duration.Duration>()(
        Schema.BigInt,
        SchemaTransformation.transform({
          decode: Duration.nanos,
          encode: (duration) => Option.getOrElse(Duration.toNanos(duration), () => 0n)
        })
      )
  })
  const cases: ReadonlyArray<readonly [name: string, schema: Schema.Constraint, ...values: ReadonlyArray<unknown>]> = [
    ["a class in itself", Tree, new Tree({ name: 1, inner: [new Tree({ name: NaN, inner: [], at: new Date(3) })] })],
    ["classes that look alike", Schema.Union([Left, Right]), new Left({ at: -0 }), new Right({ at: NaN })],
    [
      "a map of options",
      Schema.ReadonlyMap(Schema.Option(Schema.Date), Schema.Option(Schema.Number)),
      new Map([[Option.some(new Date(0)), Option.none()]])
    ],
    ["undefined beside null", Schema.NullishOr(Schema.String), undefined, null, ""],
    [
      "options of undefined and null",
      Schema.Option(Schema.NullishOr(Schema.Number)),
      Option.some(undefined),
      Option.some(null),
      Option.none()
    ],
    ["a tuple with what may be missing", Schema.Tuple([Schema.Number, Schema.optionalKey(Schema.Date)]), [1], [
      -0,
      new Date(1)
    ]],
    ["a declaration with a codec of its own", Nanos, Duration.nanos(3n)],
    ["a predicate over texts", Schema.declare((value: unknown): value is string => typeof value === "string"), "0x1"],
    ["typed arrays", Schema.Array(Schema.instanceOf(Uint16Array)), [new Uint16Array([1, 2])]],
    ["a map of whatever", Schema.instanceOf(Map), new Map([[1, { a: -0 }]])]
  ]
  for (const [name, schema, ...values] of cases) {
    it(`D14: What a schema describes (${name}) arrives as it was sent.`, () => {
      for (const value of values) assertArrives(schema, value)
    })
  }

  interface Node {
    readonly n: number
    readonly next?: Node | undefined
    readonly bytes?: Uint8Array | undefined
  }
  it("D14: What refers to itself in a union arrives as it was sent, also with bytes that move.", () => {
    for (const Bytes of [Schema.Uint8Array, Transferable.Uint8Array]) {
      const Chain: Schema.Codec<Node, unknown> = Schema.Struct({
        n: Schema.Number,
        next: Schema.optional(Schema.suspend((): Schema.Codec<Node, unknown> => Chain)),
        bytes: Schema.optional(Bytes as typeof Schema.Uint8Array)
      })
      const value = { n: NaN, next: { n: -0, next: { n: 1, next: undefined }, bytes: new Uint8Array(2) } }
      for (const way of [within, across]) {
        assert.deepEqual(way(Chain, value), { ...value, next: { ...value.next, bytes: new Uint8Array(2) } })
      }
    }
  })

  it("D14: What is too deep, or without end, is refused.", () => {
    interface Loop {
      loop?: Loop | undefined
    }
    const Loop: Schema.Codec<Loop, unknown> = Schema.Struct({
      loop: Schema.optional(Schema.suspend((): Schema.Codec<Loop, unknown> => Loop))
    })
    const loop: Loop = {}
    loop.loop = loop
    assert.notStrictEqual(complaintOf(Loop, loop), "accepted")
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = { deep }
    assert.match(complaintOf(Schema.Unknown, deep), /levels deep/)
  })

  it("D14: A certain symbol arrives as itself.", () => {
    const mine = Symbol("mine")
    for (const way of [across, within]) assert.strictEqual(way(Schema.UniqueSymbol(mine), mine), mine)
    assert.notStrictEqual(complaintOf(Schema.UniqueSymbol(mine), Symbol("mine")), "accepted")
  })

  it("D14: What is no part of the schema is left out, on two threads and on one.", () => {
    for (const way of [across, within]) {
      assert.deepEqual(way(Schema.Struct({ a: Schema.Struct({ b: Schema.Int }) }), { a: { b: 1, c: 2 }, d: 3 }), {
        a: { b: 1 }
      })
    }
  })

  it("D14: Nothing that can change is shared with the sender.", () => {
    const value = { at: new Date(1), bytes: new Uint8Array([1]), map: new Map([["a", [1]]]), any: { deep: [1] } }
    const schema = Schema.Struct({
      at: Schema.Date,
      bytes: Schema.Uint8Array,
      map: Schema.ReadonlyMap(Schema.String, Schema.Array(Schema.Number)),
      any: Schema.Any
    })
    const { value: encoded } = Object(translatorOf(schema).encode(value))
    value.at.setTime(2)
    value.bytes[0] = 2
    value.map.get("a")?.push(2)
    value.any.deep.push(2)
    assert.deepEqual(encoded, {
      at: new Date(1),
      bytes: new Uint8Array([1]),
      map: new Map([["a", [1]]]),
      any: { deep: [1] }
    })
  })
})

describe("an actor with messages that can't cross", () => {
  const symbol = Symbol("key")
  const Later: Schema.Codec<unknown> = Schema.suspend(() => Schema.instanceOf(Person))
  const parts: ReadonlyArray<readonly [name: string, rpc: Rpc.Any, complaint: RegExp]> = [
    [
      "a payload",
      Rpc.make("Put", { payload: { who: Schema.instanceOf(Person) } }),
      /the payload of Faulty\.Put, at \["who"\]: .*toCodec/
    ],
    [
      "an answer deep inside",
      Rpc.make("Put", { success: Schema.Array(Schema.Struct({ a: Schema.Option(Schema.instanceOf(Person)) })) }),
      /the answer of Faulty\.Put, at \["number"\]\["a"\]/
    ],
    ["an error", Rpc.make("Put", { error: Schema.instanceOf(RangeError) }), /the error of Faulty\.Put: /],
    [
      "an element of a stream",
      Rpc.make("Put", { success: Schema.ReadonlySet(Schema.instanceOf(Person)), stream: true }),
      /an element of Faulty\.Put/
    ],
    [
      "a property named by a symbol",
      Rpc.make("Put", { payload: { a: Schema.Struct({ [symbol]: Schema.Int }) } }),
      /Symbol\(key\).*name it by a text/
    ],
    ["a record by symbols", Rpc.make("Put", { payload: { a: Schema.Record(Schema.Symbol, Schema.Int) } }), /symbols/],
    ["a schema that is there later", Rpc.make("Put", { payload: { a: Later } }), /instance of a class/],
    ["forms with files", Rpc.make("Put", { payload: { a: Schema.FormData } }), /FormData/]
  ]
  for (const [name, rpc, complaint] of parts) {
    it(`D14: An actor with a message that can't cross (${name}) is refused when it is defined.`, () => {
      assert.throws(() => Actor.Service<unknown>()("Faulty", [rpc]), complaint)
    })
  }

  it("D14: An actor with a message that refers to what is not there yet is defined all the same.", () => {
    const rpc = Rpc.make("Put", {
      payload: {
        a: Schema.suspend((): Schema.Codec<unknown> => {
          throw new ReferenceError("not yet")
        })
      }
    })
    assert.strictEqual(Actor.Service<unknown>()("Early", [rpc]).actorName, "Early")
    let late: Schema.Codec<unknown> | undefined
    const schema = Schema.NullOr(
      Schema.suspend((): Schema.Codec<unknown> => {
        if (late === undefined) throw new ReferenceError("not yet")
        return late
      })
    )
    codec.checkSchema("what is defined later", schema)
    late = Schema.Struct({ at: Schema.Date })
    assertArrives(schema, { at: new Date(1) })
    assertArrives(schema, null)
    const never = Schema.Struct({ a: Schema.NullOr(Schema.suspend(() => Schema.instanceOf(Person))) })
    assert.match(complaintOf(never, { a: new Person() }), /can't cross/)
  })
})

describe("bytes", () => {
  const put = Schema.Struct({ bytes: Transferable.Uint8Array })
  const encode = (schema: Schema.Constraint, value: unknown) => {
    const encoded = translatorOf(schema as Schema.Codec<unknown, unknown>).encode(value)
    if (encoded instanceof CodecIssue) throw new Error(encoded.text)
    return encoded
  }

  const pool = Buffer.from("pooled")
  const large = new Uint8Array(100_000).fill(7)
  const copied: ReadonlyArray<readonly [name: string, bytes: Uint8Array]> = [
    ["a small Buffer", pool],
    ["a slice of a Buffer", Buffer.alloc(10_000).subarray(5, 9)],
    ["a view of a larger buffer", large.subarray(10, 50_000)],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(9))],
    ["a buffer that can be resized", new Uint8Array(new ArrayBuffer(9, { maxByteLength: 20 }))],
    ["no bytes at all", new Uint8Array(0)]
  ]
  for (const [name, bytes] of copied) {
    it(`D15: What can't or must not move (${name}) is copied.`, () => {
      const before = new Uint8Array(bytes)
      assert.deepEqual(encode(put, { bytes }).transfer, [])
      assert.deepEqual(across(put, { bytes }), { bytes: before })
      assert.deepEqual(new Uint8Array(bytes), before)
      const arrived: unknown = Reflect.get(Object(across(put, { bytes })), "bytes")
      assert.isTrue(arrived instanceof Uint8Array && arrived.buffer.byteLength === before.length)
    })
  }

  it("D15: What is all of its buffer moves, and arrives as a Uint8Array.", () => {
    for (const bytes of [new Uint8Array(10), Buffer.from(new ArrayBuffer(10)), new Uint8Array(1_000_000)]) {
      const { length } = bytes
      const arrived: unknown = Reflect.get(Object(across(put, { bytes })), "bytes")
      assert.strictEqual(bytes.length, 0)
      assert.strictEqual(Object.getPrototypeOf(arrived), Uint8Array.prototype)
      assert.lengthOf(Object(arrived), length)
    }
  })

  it("D15: Bytes move wherever they are: in arrays, unions, maps, options and classes.", () => {
    class Part extends Schema.Class<Part>("Part")({ bytes: Transferable.Uint8Array }) {}
    const places: ReadonlyArray<readonly [Schema.Constraint, (bytes: Uint8Array) => unknown]> = [
      [Schema.Array(Transferable.Uint8Array), (bytes) => [bytes]],
      [Schema.NullOr(Transferable.Uint8Array), (bytes) => bytes],
      [Schema.Struct({ a: Schema.optional(Transferable.Uint8Array) }), (a) => ({ a })],
      [
        Schema.Union([Schema.Struct({ a: Transferable.Uint8Array }), Schema.Struct({ b: Schema.Date })]),
        (a) => ({ a })
      ],
      [Schema.ReadonlyMap(Schema.String, Transferable.Uint8Array), (bytes) => new Map([["a", bytes]])],
      [Schema.Option(Transferable.Uint8Array), Option.some],
      [Part, (bytes) => new Part({ bytes: new Uint8Array(bytes.buffer as ArrayBuffer) })],
      [
        Transferable.schema(Schema.instanceOf(Float64Array), ({ buffer }) => [buffer]),
        ({ buffer }) => new Float64Array(buffer)
      ],
      [
        Transferable.schema(Schema.Struct({ a: Schema.Uint8Array }), ({ a }) => [a.buffer as ArrayBuffer]),
        (a) => ({ a })
      ]
    ]
    for (const [index, [schema, place]] of places.entries()) {
      const bytes = new Uint8Array(16).fill(7)
      const arrived = across(schema, place(bytes))
      assert.isTrue(same(arrived, place(new Uint8Array(16).fill(7))), String(index))
      assert.lengthOf(bytes, 0, String(index))
    }
  })

  it("D15: Several views of one buffer all arrive, once it moves and once they are copied.", () => {
    const { buffer } = new Uint8Array([1, 2, 3, 4])
    const all = Schema.Array(Transferable.Uint8Array)
    const halves = [new Uint8Array(buffer, 0, 2), new Uint8Array(buffer, 2)]
    assert.deepEqual(across(all, halves), [new Uint8Array([1, 2]), new Uint8Array([3, 4])])
    assert.strictEqual(buffer.byteLength, 4)
    const whole = new Uint8Array(buffer)
    assert.deepEqual(
      across(all, [whole, halves[1], whole]),
      [[1, 2, 3, 4], [3, 4], [1, 2, 3, 4]].map((bytes) => new Uint8Array(bytes))
    )
    assert.strictEqual(buffer.byteLength, 0)
  })

  it("D14: Many bytes that a message borrows are its own when it has to wait.", () => {
    for (const size of [10, 8191, 8192, 100_000]) {
      const bytes = new Uint8Array(size + 1).subarray(1)
      const message = { bytes, all: [bytes], n: 1 }
      const schema = Schema.Struct({ bytes: Schema.Uint8Array, all: Schema.Array(Schema.Uint8Array), n: Schema.Int })
      const encoded = translatorOf(schema).encode(message, true)
      if (encoded instanceof CodecIssue) throw new Error(encoded.text)
      const own = copyBorrowed(encoded)
      bytes.fill(7)
      assert.deepEqual(own.value, { bytes: new Uint8Array(size), all: [new Uint8Array(size)], n: 1 })
      // Those of the array were copied before.
      assert.deepStrictEqual(own.copies.map(({ byteLength }) => byteLength), size < 8192 ? [] : [size, size])
      assert.isFalse(own.copies.includes(bytes.buffer))
    }
    for (const schema of [Schema.Array(Schema.Uint8Array), Schema.Unknown, Schema.ReadonlySet(Schema.Uint8Array)]) {
      const value = schema === Schema.Array(Schema.Uint8Array)
        ? [new Uint8Array(9000)]
        : new Set([new Uint8Array(9000)])
      const encoded = translatorOf<unknown>(schema).encode(value, true)
      if (!(encoded instanceof CodecIssue)) assert.isTrue(same(copyBorrowed(encoded).value, value))
    }
    const alone = new Uint8Array(9000)
    const encoded = translatorOf(Schema.Uint8Array).encode(alone, true)
    if (encoded instanceof CodecIssue) throw new Error(encoded.text)
    assert.strictEqual(encoded.value, alone)
    assert.notStrictEqual(copyBorrowed(encoded).value, alone)
  })

  it("D15: A port that is named twice moves once.", () => {
    const { port1, port2 } = new MessageChannel()
    const ports = Schema.Struct({ a: Transferable.MessagePort, b: Transferable.MessagePort })
    assert.deepEqual(encode(ports, { a: port1, b: port1 }).transfer, [port1])
    port2.close()
  })

  it("D15: What was moved away is refused, and the error says so.", () => {
    const bytes = new Uint8Array(3)
    across(put, { bytes })
    assert.match(complaintOf(put, { bytes }), /moved away by another message\n {2}at \["bytes"\]$/)
    assert.match(complaintOf(Schema.Unknown, [bytes.buffer]), /moved away/)
  })
})
