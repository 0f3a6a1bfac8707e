/** The shapes of messages that are compared, each with what a user of raw `postMessage` would post instead. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * A shape.
 *
 * **Details**
 * - `ask(id, index)` and `tell(index)`: what a user posts for the same, in order to ask and one-way.
 * - `revive`: what a user does with a message that has arrived, if anything.
 */
export interface Shape extends Carried {
  readonly ask: (id: number, index: number) => object
  readonly tell: (index: number) => object
  readonly revive?: (message: Posted) => Posted
}

/** A message that heddle carries, and its schema. */
export interface Carried {
  readonly title: string
  readonly schema: Schema.Codec<unknown, unknown>
  readonly value: (index: number) => unknown
}

/** As it is posted, and as it arrives. */
export interface Posted {
  readonly id?: number
  readonly point?: { readonly x: number; readonly y: number; readonly label: string }
}

class Point extends Schema.Class<Point>("Point")({ x: Schema.Finite, y: Schema.Finite, label: Schema.String }) {
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}

/** The class of one who has no schemas. */
class PlainPoint {
  readonly x: number
  readonly y: number
  readonly label: string
  constructor(x: number, y: number, label: string) {
    this.x = x
    this.y = y
    this.label = label
  }
  get length(): number {
    return Math.hypot(this.x, this.y)
  }
}

const Order = Schema.Struct({
  user: Schema.Struct({
    name: Schema.String,
    address: Schema.Struct({ city: Schema.String, zip: Schema.String })
  }),
  amount: Schema.Finite,
  note: Schema.optionalKey(Schema.String)
})

/** Every second one has a note. */
const order = (index: number): typeof Order.Type => ({
  user: { name: "Ada Lovelace", address: { city: "London", zip: "W1" } },
  amount: index + 0.5,
  ...(index % 2 === 0 ? { note: "by the back door" } : {})
})

export const shapes: Readonly<Record<string, Shape>> = {
  number: {
    title: "one `Schema.Number`",
    schema: Schema.Struct({ n: Schema.Number }),
    value: (index) => ({ n: index + 0.5 }),
    ask: (id, index) => ({ id, n: index + 0.5 }),
    tell: (index) => ({ n: index + 0.5 })
  },
  finite: {
    title: "one `Schema.Finite`",
    schema: Schema.Struct({ n: Schema.Finite }),
    value: (index) => ({ n: index + 0.5 }),
    ask: (id, index) => ({ id, n: index + 0.5 }),
    tell: (index) => ({ n: index + 0.5 })
  },
  small: {
    title: "the small message",
    schema: Schema.Struct({ id: Schema.Int, a: Schema.String, b: Schema.Finite }),
    value: (index) => ({ id: index, a: "a small message", b: 0.5 }),
    ask: (id) => ({ id, a: "a small message", b: 0.5 }),
    tell: (index) => ({ id: index, a: "a small message", b: 0.5 })
  },
  nested: {
    title: "nested structs, one optional field",
    schema: Order,
    value: order,
    ask: (id, index) => ({ id, ...order(index) }),
    tell: order
  },
  option: {
    title: "an `Option`",
    schema: Schema.Struct({ value: Schema.Option(Schema.String) }),
    value: (index) => ({ value: index % 2 === 0 ? Option.some("here") : Option.none() }),
    ask: (id, index) => ({ id, value: index % 2 === 0 ? "here" : undefined }),
    tell: (index) => ({ value: index % 2 === 0 ? "here" : undefined })
  },
  date: {
    title: "a `Date`",
    schema: Schema.Struct({ at: Schema.Date }),
    value: (index) => ({ at: new Date(1.7e12 + index) }),
    ask: (id, index) => ({ id, at: new Date(1.7e12 + index) }),
    tell: (index) => ({ at: new Date(1.7e12 + index) })
  },
  class: {
    title: "a class of three fields",
    schema: Schema.Struct({ point: Point }),
    value: (index) => ({ point: new Point({ x: index, y: 0.5, label: "a point" }) }),
    ask: (id, index) => ({ id, point: new PlainPoint(index, 0.5, "a point") }),
    tell: (index) => ({ point: new PlainPoint(index, 0.5, "a point") }),
    revive: (message) =>
      message.point === undefined
        ? message
        : { ...message, point: new PlainPoint(message.point.x, message.point.y, message.point.label) }
  }
}

/** The shape that `BENCH_CARRIED` names. */
export const shapeOfProcess = (): Shape => {
  const name = process.env["BENCH_CARRIED"] ?? "small"
  const shape = shapes[name]
  if (shape === undefined) throw new Error(`BENCH_CARRIED is "${name}"; there are ${Object.keys(shapes).join(", ")}`)
  return shape
}
