import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Transferable from "effect/workers/Transferable"
import { MessageChannel } from "node:worker_threads"
import { Crashed, MailboxFull, NotRunning, NotSendable, Restarting, Stopping, TimedOut } from "../../src/ActorError.ts"
import { decodeReason, encodeReason } from "../../src/link/reasons.ts"
import * as codec from "../../src/wire/codec.ts"
import { CodecIssue } from "../../src/wire/translator.ts"
import { crash } from "../link/world.ts"

class Point extends Schema.Class<Point>("Point")({ x: Schema.Int, y: Schema.Int }) {
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}

class Lost extends Schema.TaggedError<Lost>()("Lost", { at: Point }) {
  override get message(): string {
    return `lost at ${this.at.x}`
  }
}

/** The codec of one message. */
const of = (rpc: Rpc.Any): codec.MessageCodec => {
  const message = codec.make(RpcGroup.make(rpc).requests).get(rpc._tag)
  if (message === undefined) throw new Error("no such message")
  return message
}

const payload = <S extends Schema.Struct.Fields>(fields: S) => of(Rpc.make("Say", { payload: fields }))

const success = <A>(result: A): Exclude<A, CodecIssue> => {
  if (isAccepted(result)) return result
  throw new Error(failure(result))
}
const isAccepted = <A>(result: A): result is Exclude<A, CodecIssue> => !(result instanceof CodecIssue)
const failure = (result: unknown): string => result instanceof CodecIssue ? result.text : "accepted"

/** What arrives at the other side of a thread boundary. */
const across = (message: codec.MessageCodec, input: unknown): unknown => {
  const encoded = success(message.payload.encode(success(message.construct(input))))
  const arrived = structuredClone(encoded.value, { transfer: Array.from(encoded.transfer) })
  return success(message.payload.decode(arrived))
}

describe("what crosses", () => {
  it("What crosses arrives as what it was: classes, errors, options, dates, durations, maps, bigints, bytes.", () => {
    const message = payload({
      point: Point,
      error: Lost,
      some: Schema.Option(Schema.Date),
      none: Schema.Option(Schema.Int),
      wait: Schema.Duration,
      map: Schema.ReadonlyMap(Schema.String, Point),
      big: Schema.BigInt,
      bytes: Schema.Uint8Array,
      not: Schema.NullOr(Schema.Int),
      infinite: Schema.Number
    })
    const point = new Point({ x: 3, y: 4 })
    const value = {
      point,
      error: new Lost({ at: point }),
      some: Option.some(new Date(12)),
      none: Option.none<number>(),
      wait: Duration.seconds(5),
      map: new Map([["here", point]]),
      big: 2n ** 70n,
      bytes: new Uint8Array([1, 2, 3]),
      not: null,
      infinite: Infinity
    }
    const arrived = across(message, value)
    assert.deepEqual(arrived, value)
    assert.instanceOf(Reflect.get(Object(arrived), "point"), Point)
    const error = Reflect.get(Object(arrived), "error")
    assert.instanceOf(error, Lost)
    assert.strictEqual(error.message, "lost at 3")
  })

  it("What crosses may be nothing at all.", () => {
    const message = of(Rpc.make("Reset"))
    assert.isUndefined(across(message, undefined))
    assert.isUndefined(success(message.success.decode(success(message.success.encode(undefined)).value)))
  })

  it("What crosses has what the schema constructs by default.", () => {
    const message = payload({
      name: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("Ada"))),
      times: Schema.optionalKey(Schema.Int)
    })
    assert.deepEqual(across(message, {}), { name: "Ada" })
    assert.deepEqual(across(message, { name: "Bo", times: 2 }), { name: "Bo", times: 2 })
  })

  it("What crosses is exactly the bytes of a view, in memory of their own, at any depth.", () => {
    const view = new Uint8Array(1000).fill(7).subarray(10, 13)
    const message = payload({
      bytes: Schema.Uint8Array,
      deep: Schema.Array(Schema.Struct({ bytes: Schema.Uint8Array }))
    })
    const encoded = success(message.payload.encode({ bytes: view, deep: [{ bytes: view }] }))
    assert.isTrue(encoded.format.mayBeBytes)
    assert.isEmpty(encoded.transfer)
    assert.deepEqual(encoded.value, { bytes: new Uint8Array([7, 7, 7]), deep: [{ bytes: new Uint8Array([7, 7, 7]) }] })
    assert.strictEqual(Reflect.get(Object(encoded.value), "bytes").buffer.byteLength, 3)
    assert.include(failure(payload({ bytes: Schema.Uint8Array }).payload.encode({ bytes: [1] })), "Expected Uint8Array")
    const alone = of(Rpc.make("Read", { success: Schema.Uint8Array })).success
    const whole = new Uint8Array([1, 2, 3])
    assert.deepEqual(success(alone.encode(whole)).value, whole)
    assert.notStrictEqual(success(alone.encode(whole)).value, whole)
    assert.deepEqual(success(alone.decode(structuredClone(whole))), whole)
    assert.notStrictEqual(failure(alone.decode("AQID")), "accepted")
  })

  it("What crosses may have any number of parts that are transferable.", () => {
    const message = payload({ all: Schema.Array(Transferable.Uint8Array) })
    const all = Array.from({ length: 5000 }, (_, n) => new Uint8Array([n % 256]))
    assert.lengthOf(success(message.payload.encode({ all })).transfer, 5000)
    assert.lengthOf(success(message.payload.encode({ all: all.slice(0, 2) })).transfer, 2)
  })

  it("A value must be encoded at once; an encoding that takes longer is interrupted.", () => {
    let interrupted = false
    const never = Effect.onInterrupt(Effect.never, () =>
      Effect.sync(() => {
        interrupted = true
      }))
    const late = Schema.Any.pipe(
      Schema.decode({ decode: SchemaGetter.passthrough(), encode: SchemaGetter.transformEffect(() => never) })
    )
    assert.include(failure(payload({ late }).payload.encode({ late: 1 })), "asynchronously")
    assert.isTrue(interrupted)
  })

  it("What crosses moves what is transferable, and leaves nothing behind.", () => {
    const message = payload({ bytes: Transferable.Uint8Array, name: Schema.String })
    const bytes = new Uint8Array([1, 2, 3])
    const encoded = success(message.payload.encode({ bytes, name: "Ada" }))
    assert.deepStrictEqual(encoded.transfer, [bytes.buffer])
    assert.deepEqual(across(message, { bytes, name: "Ada" }), { bytes: new Uint8Array([1, 2, 3]), name: "Ada" })
    assert.strictEqual(bytes.length, 0)
  })

  it("Transferable values move together with those that say so by an effect, alone, and in each element of a stream.", () => {
    const [one, two, port] = [new Uint8Array([1]), new Uint8Array([2]), new MessageChannel().port1]
    const mixed = payload({ one: Transferable.Uint8Array, port: Transferable.MessagePort, two: Schema.Uint8Array })
    assert.deepStrictEqual(success(mixed.payload.encode({ one, port, two })).transfer, [port, one.buffer])
    const alone = of(Rpc.make("Read", { success: Transferable.Uint8Array })).success
    assert.deepStrictEqual(success(alone.encode(one)).transfer, [one.buffer])
    const parts = of(Rpc.make("Read", { success: Schema.Struct({ bytes: Transferable.Uint8Array }), stream: true }))
    const encoded = success(parts.elements.encode([{ bytes: one }, { bytes: two }]))
    assert.deepStrictEqual(encoded.transfer, [one.buffer, two.buffer])
    port.close()
  })

  it("What crosses moves each message's own buffers, not those of the message before.", () => {
    const message = payload({ bytes: Transferable.Uint8Array })
    const [one, two] = [new Uint8Array(1), new Uint8Array(2)]
    assert.deepStrictEqual(success(message.payload.encode({ bytes: one })).transfer, [one.buffer])
    assert.deepStrictEqual(success(message.payload.encode({ bytes: two })).transfer, [two.buffer])
  })

  it("The elements and the end of a stream cross.", () => {
    const message = of(Rpc.make("Points", { success: Point, error: Lost, stream: true }))
    assert.isTrue(message.stream)
    const point = new Point({ x: 1, y: 2 })
    const [arrived] = success(
      message.elements.decode(structuredClone(success(message.elements.encode([point])).value))
    )
    assert.instanceOf(arrived, Point)
    const error = success(
      message.error.decode(structuredClone(success(message.error.encode(new Lost({ at: point }))).value))
    )
    assert.instanceOf(error, Lost)
  })
})

describe("a value that does not fit", () => {
  for (
    const [what, input, complaint] of [
      ["a missing field", {}, /^Missing key\s+at \["n"\]$/],
      ["a wrong type", { n: "one" }, /^Expected number\s+at \["n"\]$/],
      ["a number that is no integer", { n: 1.5 }, /^Expected an integer\s+at \["n"\]$/],
      ["NaN", { n: Number.NaN }, /^Expected an integer\s+at \["n"\]$/],
      ["nothing", undefined, /^Expected object$/],
      ["something else altogether", "text", /^Expected object$/]
    ] as const
  ) {
    it(`A value that does not fit (${what}) is refused, and the error names the field.`, () => {
      assert.match(failure(payload({ n: Schema.Int }).construct(input)), complaint)
    })
  }

  it("A value that does not fit is refused on arrival, too.", () => {
    const message = payload({ point: Point })
    assert.match(failure(message.payload.decode({ point: { x: 1 } })), /Missing key\s+at \["point"\]\["y"\]/)
    assert.notStrictEqual(failure(message.payload.decode(null)), "accepted")
  })

  it("A value that does not fit is refused as a reply.", () => {
    const message = of(Rpc.make("Count", { success: Schema.Int, error: Lost }))
    assert.match(failure(message.success.encode("many")), /^Expected number$/)
    assert.notStrictEqual(failure(message.error.encode(new Error("undeclared"))), "accepted")
  })

  it("A value that is given to a message without payload does not cross.", () => {
    assert.isUndefined(across(of(Rpc.make("Reset")), { hard: true }))
  })

  it("A value is refused when a schema's own code throws.", () => {
    const Angry = Schema.String.check(Schema.makeFilter((value): boolean => {
      throw new Error(`never ${value}`)
    }))
    assert.include(failure(payload({ angry: Angry }).construct({ angry: "a" })), "never a")
    assert.include(failure(payload({ angry: Angry }).payload.encode({ angry: "a" })), "never a")
  })
})

describe("a reason", () => {
  for (
    const reason of [
      new NotRunning({ handled: "no", why: "stopped", known: ["A"] }),
      new Restarting({ handled: "no", afterMillis: 5 }),
      new Crashed({ handled: "maybe", cause: crash }),
      new Stopping({ handled: "no" }),
      new MailboxFull({ handled: "no", capacity: 3 }),
      new TimedOut({ handled: "no", afterMillis: 0.5, cycle: ["A", "B"] }),
      new NotSendable({ handled: "maybe", detail: "no." })
    ]
  ) {
    it(`A reason ${reason._tag} crosses as what it was, and within a thread as it is.`, () => {
      const arrived = decodeReason(false, structuredClone(encodeReason(false, reason).value))
      assert.deepStrictEqual(Object.getPrototypeOf(arrived), Object.getPrototypeOf(reason))
      assert.deepEqual(encodeReason(false, arrived).value, encodeReason(false, reason).value)
      assert.strictEqual(decodeReason(true, encodeReason(true, reason).value), reason)
    })
  }
})
