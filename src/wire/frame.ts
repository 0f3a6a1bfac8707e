/**
 * What two threads say to each other on their link.
 *
 * A link carries requests and answers in both directions. Requests are named by the `slot` that they hold in the
 * sender's ledger until they are answered; actors are named by their index among the receiving thread's actors.
 */
import type { Delivered } from "./durable.ts"

/** The names of the actors that wait for this message's answer, the outermost first. */
export type Chain = ReadonlyArray<string>

/** The chain of a message that no actor waits for. Chains are compared by identity, so there is only this empty one. */
export const noChain: Chain = []

/** The span that a message was sent in, as far as it crosses: spans of the handler have it as their parent. */
export type SpanRef = readonly [traceId: string, spanId: string, sampled: boolean]

/**
 * Who sends a message, and with which headers; of a durable one, the delivery that it is; of one that came by a cluster, the token of the
 * holding that it was delivered under.
 */
export type Envelope = readonly [
  sender: string,
  headers: Readonly<Record<string, string>>,
  delivered?: Delivered | undefined,
  fence?: number
]

/** A request, by its kind. */
type RequestOf<Kind extends string> = readonly [
  kind: Kind,
  slot: number,
  actor: number,
  tag: string,
  payload: unknown,
  /** The chain of actors that wait for an ask; for a tell, the actor that sent it. Absent, with the span, if there is neither. */
  chain?: Chain,
  span?: SpanRef | null,
  /** Only messages that have middleware, durable ones, and those that came by a cluster, have one. */
  envelope?: Envelope | undefined,
  /** Of a message to a keyed actor, the key that it is for. */
  key?: string
]

/** How a request ended: with a value, with an error of the protocol, or with a reason why there is neither. */
export type Status = "success" | "error" | "failed"

/** Asks for an answer, which comes as `done`. */
export type Ask = RequestOf<"ask">
/** Expects no answer. The receiver marks it finished in the ledger. */
export type Tell = RequestOf<"tell">
/** Asks for a stream: an empty `chunk` says that it is open, further ones carry elements, `done` ends it. */
export type Open = RequestOf<"open">
/** The caller has left: withdraw or interrupt. Answered by `done` like any request. */
export type Cancel = readonly [kind: "cancel", slot: number]
/** The reader of a stream takes `count` more elements, and has read `read` of those that were sent. */
export type Pull = readonly [kind: "pull", slot: number, count: number, read: number]
/** The answer to `ask` or `open`, exactly one each. The sender may use the slot again. */
export type Done = readonly [
  kind: "done",
  slot: number,
  status: Status,
  value: unknown,
  /** Where an error of the protocol arose. */
  stack?: string
]
/** Elements of a stream. */
export type Chunk = readonly [kind: "chunk", slot: number, values: ReadonlyArray<unknown>]
/** The mailbox of an actor has room again. */
export type Resume = readonly [kind: "resume", actor: number]

/** Messages for this key of an actor wait at their sender from now on: enough of them wait in its lane. */
export type Hold = readonly [kind: "hold", actor: number, key: string]
/** The lane of the key has room again. */
export type Release = readonly [kind: "release", actor: number, key: string]

/** The request, or one that it waits for, waits in a circle of these actors; the first one is the last again. */
export type Circle = readonly [kind: "circle", slot: number, actors: Chain]

export type Request = Ask | Tell | Open
/** What the sender of requests takes in; all else is for their receiver. */
export type Answer = Done | Chunk | Resume | Circle | Hold | Release
export type Frame = Request | Cancel | Pull | Answer
