/**
 * What the command asks of a running system: one request a connection.
 *
 * ```text
 *   system   {"heddle":1,"pid":42}
 *   command  {"request":"Status","payload":{}}
 *   system   {"item":...}             each part of the answer
 *                                     an empty line now and then: the system is alive
 *   system   {"end":true}             or {"failed":{"kind":"...","message":"..."}}
 * ```
 *
 * The command leaves by closing the connection; what it asked for is interrupted then.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { MachineView } from "../actor/fleet.ts"
import { ActorView } from "../control/inspection.ts"
import { LogLine, PostMortem } from "../PostMortem.ts"
import { ThreadStatus } from "../Status.ts"
import { SystemEvent } from "../SystemEvent.ts"
import { KeyView, Missing } from "../wire/keyMessages.ts"

/**
 * Why a system did not do what it was asked.
 *
 * **Details**
 * - `refused`: the order or the message can't be carried out.
 * - `wrong`: what was asked makes no sense: an unknown name, a payload that does not match its schema. Nothing was done.
 * - `declared`: an actor's own error, which `error` has as JSON.
 * - `unhandled`, `maybe`: a message failed on its way, and did not run, or may have run.
 */
export const Failed = Schema.TaggedStruct("Failed", {
  kind: Schema.Literals(["refused", "wrong", "declared", "unhandled", "maybe"]),
  message: Schema.String,
  error: Schema.optional(Schema.Unknown)
})
export type Failed = typeof Failed.Type

/** Makes a failure. */
export const failed = (kind: Failed["kind"], message: string, error?: unknown): Failed =>
  Failed.make({ kind, message, ...(error === undefined ? {} : { error }) })

/** The definition of a request: its name, what it carries, and what each part of its answer is. */
export interface Definition<P, A> {
  readonly name: string
  readonly payload: Schema.Codec<P, unknown>
  readonly item: Schema.Codec<A, unknown>
}

/** Defines a request by the JSON forms of its schemas. */
const define = <P, A>(
  name: string,
  payload: Schema.Codec<P, unknown>,
  item: Schema.Codec<A, unknown>
): Definition<P, A> => ({ name, payload: Schema.toCodecJson(payload), item: Schema.toCodecJson(item) })

/** A request that this process can answer. */
export interface Answering {
  readonly name: string
  /** The parts of the answer, encoded. */
  readonly answer: (payload: unknown) => Stream.Stream<unknown, Failed>
}

/** Answers requests of a definition. */
export const answering = <P, A>(
  { item, name, payload }: Definition<P, A>,
  answer: (payload: P) => Stream.Stream<A, Failed>
): Answering => {
  const decode = Schema.decodeUnknownExit(payload)
  const encode = Schema.encodeUnknownEffect(item)
  return {
    name,
    answer: (given) => {
      const decoded = decode(given)
      return Exit.isFailure(decoded)
        ? Stream.fail(failed("wrong", `the request ${name} has another form in this version of heddle`))
        : Stream.mapEffect(answer(decoded.value), (part) => Effect.orDie(encode(part)))
    }
  }
}

/** Answers with one part. */
export const once = <A>(effect: Effect.Effect<A, Failed>): Stream.Stream<A, Failed> => Stream.fromEffect(effect)

/** How a thread and its actors are. */
export const ThreadView = Schema.Struct({
  ...ThreadStatus.fields,
  /** Processor time of the present incarnation; null where Node does not say. */
  cpuMicros: Schema.NullOr(Schema.Finite)
})
export type ThreadView = typeof ThreadView.Type

/** How a system is, by now. */
export const SystemView = Schema.Struct({
  pid: Schema.Int,
  directory: Schema.String,
  config: Schema.String,
  node: Schema.String,
  startedAtMillis: Schema.Finite,
  /** When this was so, by a clock that nobody sets. */
  takenMillis: Schema.Finite,
  /** Of the whole process. */
  cpuMicros: Schema.Finite,
  residentBytes: Schema.Finite,
  threads: Schema.Array(ThreadView),
  /** Of a system on several machines, how these are, this one first. */
  machines: Schema.optionalKey(Schema.Array(MachineView)),
  /** Why nothing is known of the machines, if that is so. */
  apart: Schema.optionalKey(Schema.String)
})
export type SystemView = typeof SystemView.Type

/** The answer to an order. */
const nothing = Schema.Struct({})
/** The name of a thread, or of the declaration of several. */
const name = Schema.Struct({ name: Schema.String })

/**
 * How the system is, now and then every `everyMillis`, `times` times, or until the system has ended. `machines`: the other machines are
 * asked as well.
 */
export const Status = define(
  "Status",
  Schema.Struct({
    everyMillis: Schema.Finite,
    times: Schema.NullOr(Schema.Int),
    machines: Schema.optionalKey(Schema.Boolean)
  }),
  SystemView
)
/** What has happened lately; what happens from now on as well if `follow` is set. */
export const Events = define("Events", Schema.Struct({ follow: Schema.Boolean }), SystemEvent)
/** Restarts a thread; answered when the next incarnation is ready. */
export const Restart = define("Restart", name, nothing)
/** Stops a thread; answered when it is dead. */
export const Stop = define("Stop", name, nothing)
/** A message for an actor; without `payload` where it has none. `timeoutMillis`: null for the actor's own. */
const Message = Schema.Struct({
  actor: Schema.String,
  key: Schema.NullOr(Schema.String),
  message: Schema.String,
  payload: Schema.optional(Schema.Unknown),
  timeoutMillis: Schema.NullOr(Schema.Finite)
})
/** What an actor answers, as JSON; without `value` where it is nothing. Each element of a stream is one. */
const Answer = Schema.Struct({ value: Schema.optional(Schema.Unknown), isElement: Schema.Boolean })
/** Asks an actor. */
export const Call = define("Call", Message, Answer)
/** Tells an actor; answered when the message is accepted. */
export const Tell = define("Tell", Message, nothing)
/** An actor, on each of its threads. */
export const Inspect = define("Inspect", Schema.Struct({ actor: Schema.String }), ActorView)

/** The keys of an actor of which anything is known, on all machines, and the machines that don't say. */
export const Keys = define("Keys", Schema.Struct({ actor: Schema.String }), Schema.Union([KeyView, Missing]))
const key = Schema.Struct({ actor: Schema.String, key: Schema.String })
/** Opens a key; answered when it is open. */
export const WakeKey = define("WakeKey", key, nothing)
/** Closes a key; answered when its finalizers have run. */
export const StopKey = define("StopKey", key, nothing)

const thread = Schema.NullOr(Schema.String)
/** The log records that are kept, of one thread or all; those to come as well if `follow` is set. */
export const Logs = define("Logs", Schema.Struct({ thread, follow: Schema.Boolean }), LogLine)
/** The records of threads that died, the newest last. */
export const PostMortems = define("PostMortems", Schema.Struct({ thread }), PostMortem)
/** A part of the content of a file. */
const Content = Schema.Struct({ text: Schema.String })
/** A CPU profile of a thread, taken from now on for some time. */
export const Profile = define("Profile", Schema.Struct({ thread: Schema.String, millis: Schema.Finite }), Content)
/** A snapshot of a thread's heap. */
export const Heap = define("Heap", Schema.Struct({ thread: Schema.String }), Content)
/** A durable message whose retries are spent; without `payload` where that can't be shown. */
export const LetterView = Schema.Struct({
  number: Schema.Number,
  actor: Schema.String,
  key: Schema.String,
  message: Schema.String,
  id: Schema.String,
  sender: Schema.String,
  failures: Schema.Number,
  why: Schema.String,
  acceptedAtMillis: Schema.Finite,
  endedAtMillis: Schema.Finite,
  payload: Schema.optional(Schema.Unknown)
})
export type LetterView = typeof LetterView.Type
/** The latest dead letters of the storage, of one actor or of all. */
export const DeadLetters = define(
  "DeadLetters",
  Schema.Struct({ actor: Schema.NullOr(Schema.String), limit: Schema.Int }),
  LetterView
)
/** Dead letters: of these numbers, of an actor, or all. */
const Letters = Schema.Struct({
  actor: Schema.NullOr(Schema.String),
  numbers: Schema.NullOr(Schema.Array(Schema.Number))
})
const Count = Schema.Struct({ count: Schema.Int })
/** Has dead letters run again. */
export const RepeatDeadLetters = define("RepeatDeadLetters", Letters, Count)
/** Forgets dead letters. */
export const DropDeadLetters = define("DropDeadLetters", Letters, Count)
/** Answered when the system has ended, with the threads that had to be terminated. */
export const Shutdown = define("Shutdown", nothing, Schema.Struct({ terminated: Schema.Array(Schema.String) }))

/** The first line of a system. */
export const Greeting = Schema.Struct({ heddle: Schema.Int, pid: Schema.Int })

/** The first line of the command. */
export const Asked = Schema.Struct({ request: Schema.String, payload: Schema.Unknown })

/** A line of an answer. */
export const Line = Schema.Union([
  Schema.Struct({ item: Schema.Unknown }),
  Schema.Struct({ end: Schema.Literal(true) }),
  Schema.Struct({ failed: Failed })
])
