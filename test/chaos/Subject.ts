/** The actors that chaos is made with: all take the same messages, and differ in how they take them. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/**
 * What a handler does with a message. `"stray"` meddles with the thread's own port, `"jump"` sets the thread's clock, `"spawn"`
 * leaves a child process running; then they answer. Those from `"die"` on end the actor, and from `"throw"` on the thread.
 */
export const How = Schema.Literals([
  "answer",
  "slow",
  "refuse",
  "later",
  "stray",
  "jump",
  "spawn",
  "die",
  "throw",
  "reject",
  "exit",
  "spin",
  "oom"
])
export type How = typeof How.Type

export const names = ["Calm", "Solo", "Many", "Strict", "Loose", "Courier"] as const
export const Name = Schema.Literals(names)
export type Name = typeof Name.Type

const job = { id: Schema.String, how: How, millis: Schema.Int }

/** One message that somebody is to send. */
export const Errand = Schema.Struct({
  ...job,
  to: Name,
  mode: Schema.Literals(["ask", "tell"]),
  timeoutMillis: Schema.Int,
  /** The sender leaves after so long; 0 for never. */
  leaveMillis: Schema.Int
})
export type Errand = typeof Errand.Type

/** A declared error. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", { id: Schema.String }) {}

const messages = [
  /** From main; answers its id. */
  Rpc.make("Do", { payload: job, success: Schema.String, error: Refused }),
  /** The same from another actor. Its name of its own tells whose dead letter it was. */
  Rpc.make("Pass", { payload: job, success: Schema.String, error: Refused }),
  /** Sends messages to others, one after the other, without waiting between. */
  Rpc.make("Run", { payload: { id: Schema.String, errands: Schema.Array(Errand) }, success: Schema.String }),
  /** A stream of 0, 1, 2 ..., which is refused at the end when `how` says so. */
  Rpc.make("Count", {
    payload: { ...job, count: Schema.Int },
    success: Schema.Int,
    error: Refused,
    stream: true
  })
] as const

export class Calm extends Actor.Service<Calm>()("Calm", messages) {}
export class Solo extends Actor.Service<Solo>()("Solo", messages) {}
export class Many extends Actor.Service<Many>()("Many", messages) {}
export class Strict extends Actor.Service<Strict>()("Strict", messages) {}
export class Loose extends Actor.Service<Loose>()("Loose", messages) {}
export class Courier extends Actor.Service<Courier>()("Courier", messages) {}

const quick = { backoff: { min: "2 millis", max: "2 millis" }, limit: { failures: 1_000_000 } } as const

/** How each takes its messages. */
export const options = {
  Calm: { concurrency: 16, mailbox: { capacity: 1000, overflow: "suspend" }, restart: quick },
  Solo: { concurrency: 1, mailbox: { capacity: 8, overflow: "suspend" }, restart: quick },
  Many: { concurrency: 4, mailbox: { capacity: 64, overflow: "suspend" }, restart: quick },
  Strict: { concurrency: 1, mailbox: { capacity: 8, overflow: "fail" }, restart: quick },
  Loose: { concurrency: 2, mailbox: { capacity: 8, overflow: "drop-oldest" }, restart: quick },
  Courier: { concurrency: 2, mailbox: { capacity: 1, overflow: "suspend" }, restart: quick }
} as const

/** The threads and the actors on each, in the order of their start. */
export const threads = {
  calm: ["Calm"],
  pair: ["Solo", "Many"],
  strict: ["Strict"],
  loose: ["Loose"],
  courier: ["Courier"]
} as const
export type ThreadName = keyof typeof threads
