/**
 * Every way in which a message to an actor can fail without the actor's own, declared errors.
 *
 * There is one class, `ActorError`, with one `reason`. Each reason answers two questions: `handled` says whether the
 * message may have run (`"no"`: it never started, sending it again is safe; `"maybe"`: its handler had started), and
 * its text says what happened, to whom, and what to do.
 */
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { named } from "./base/keyName.ts"
import { read } from "./base/thrown.ts"
import * as ExitCause from "./ExitCause.ts"

const no = Schema.tag("no")
const either = Schema.Literals(["no", "maybe"])

/**
 * No actor of that name runs: it is not declared, was stopped, was given up, or can't be up before the layer that asks is
 * built. Retry only once `why` is mended.
 *
 * @since 0.1.0
 * @category reasons
 */
export class NotRunning extends Schema.TaggedError<NotRunning>()("NotRunning", {
  handled: no,
  why: Schema.String,
  /** The actors that the system declares. */
  known: Schema.Array(Schema.String)
}) {}

/**
 * The actor was starting or restarting for as long as the ask was willing to wait. The message never started: retry is safe.
 *
 * **Details**
 * - `starting`: it had not run before, as far as the asking thread has seen.
 *
 * @since 0.1.0
 * @category reasons
 */
export class Restarting extends Schema.TaggedError<Restarting>()("Restarting", {
  handled: no,
  afterMillis: Schema.Finite,
  starting: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false)))
}) {}

/**
 * The actor ended while the message was being handled, or its reply was lost. Retry only what may run twice.
 * `handled` is `"no"` only for a message that moved a `Transferable`: it never started, but what it carried is gone.
 *
 * @since 0.1.0
 * @category reasons
 */
export class Crashed extends Schema.TaggedError<Crashed>()("Crashed", {
  handled: either,
  cause: ExitCause.ExitCause
}) {}

/**
 * The actor, its thread or the system is shutting down and takes no new messages.
 *
 * @since 0.1.0
 * @category reasons
 */
export class Stopping extends Schema.TaggedError<Stopping>()("Stopping", { handled: no }) {}

/**
 * The actor's mailbox is full and its overflow is `"fail"` or `"drop-oldest"`. Or as many keys of a keyed actor are awake as may be, and
 * its `onFull` is `"fail"`: then `of` is `"keys"`. Retry later.
 *
 * @since 0.1.0
 * @category reasons
 */
export class MailboxFull extends Schema.TaggedError<MailboxFull>()("MailboxFull", {
  handled: no,
  capacity: Schema.Int,
  of: Schema.Literals(["messages", "keys"]).pipe(Schema.withConstructorDefault(Effect.succeed("messages" as const)))
}) {}

/**
 * No answer came in time, or none can come. A message still queued was withdrawn; a handler that ran was interrupted.
 *
 * **Details**
 * - `cycle`: the actors that wait for each other, the first one again as the last, if the ask was part of a circle or waited
 *   for one; else empty.
 * - `deadlock`: every actor of `cycle` has all its places taken by messages that wait in it, so no answer could ever have
 *   come. The ask failed at once rather than after its time-out, and `afterMillis` is 0. A handler that dies of this error
 *   passes it on to its caller, and its actor isn't restarted.
 *
 * @since 0.1.0
 * @category reasons
 */
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  handled: either,
  afterMillis: Schema.Finite,
  cycle: Schema.Array(Schema.String),
  deadlock: Schema.Boolean.pipe(Schema.withConstructorDefault(Effect.succeed(false)))
}) {}

/**
 * The payload or the reply does not match its schema, on the side that `detail` names.
 *
 * @since 0.1.0
 * @category reasons
 */
export class NotSendable extends Schema.TaggedError<NotSendable>()("NotSendable", {
  handled: either,
  detail: Schema.String
}) {}

/**
 * The middleware of the message let it go no further: its handler never started. Only dead letters have this reason, as
 * nobody waits for a tell; an ask fails with the middleware's own error.
 *
 * @since 0.1.0
 * @category reasons
 */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  handled: no,
  detail: Schema.String
}) {}

/**
 * The storage of durable messages can't be reached, or can't write; or, in a cluster, the machine that holds the actor or the key.
 *
 * **Details**
 * - `of: "storage"`: `handled` is `"no"` if the message was not accepted; `"maybe"`: it may have been, and then it runs. A message
 *   with an `id` of its own may be sent again in either case.
 * - `of: "cluster"`: `handled` is `"no"` if the message has not reached the other machine, and `"maybe"` if it may run there.
 * - `why` says what is out of reach.
 *
 * @since 0.1.0
 * @category reasons
 */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  handled: either,
  why: Schema.String,
  of: Schema.Literals(["storage", "cluster"]).pipe(Schema.withConstructorDefault(Effect.succeed("storage" as const)))
}) {}

/**
 * Every reason of an `ActorError`.
 *
 * @since 0.1.0
 * @category reasons
 */
export const Reason = Schema.Union([
  NotRunning,
  Restarting,
  Crashed,
  Stopping,
  MailboxFull,
  TimedOut,
  NotSendable,
  Rejected,
  Unreachable
])
/**
 * The type of `Reason`'s values.
 *
 * @since 0.1.0
 * @category reasons
 */
export type Reason = typeof Reason.Type

/**
 * The names of all reasons.
 *
 * @since 0.1.0
 * @category reasons
 */
export const ReasonTag = Schema.Literals(Reason.members.map((reason) => reason.fields._tag.schema.literal))

const TypeId = "~heddle/ActorError"

/**
 * A message that did not get an answer from the actor's handler.
 *
 * **Example**
 *
 * ```ts
 * greeter.Hello({ name: "Ada" }).pipe(
 *   Effect.catchReason("ActorError", "TimedOut", () => Effect.succeed("no answer"))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class ActorError extends Schema.TaggedError<ActorError>()("ActorError", {
  /** The actor that was sent to. */
  actor: Schema.String,
  /** The message's tag, as in its protocol. */
  request: Schema.String,
  /** The key that it was for, as text, of a keyed actor. */
  key: Schema.optionalKey(Schema.String),
  reason: Reason
}) {
  readonly [TypeId] = TypeId

  override get message(): string {
    return `${named(this.actor, this.key)}.${this.request}: ${explain(this.reason)}`
  }

  /**
   * Whether the same message, sent again later, may get an answer and can't have run twice.
   *
   * **Details**
   * - True for `Restarting`, `MailboxFull`, `Stopping`, a `TimedOut` whose message had not started, and an `Unreachable` whose
   *   message was not accepted, or has not reached its machine.
   * - False for `NotRunning` (nothing brings the actor back by itself), `NotSendable` (it fails again), a deadlock (it would
   *   arise again), and whatever may have run.
   */
  get retryable(): boolean {
    const { reason } = this
    switch (reason._tag) {
      case "Restarting":
      case "MailboxFull":
      case "Stopping":
        return true
      case "TimedOut":
        return reason.handled === "no" && !reason.deadlock
      case "Unreachable":
        return reason.handled === "no"
      default:
        return false
    }
  }
}

/**
 * Whether a value is an `ActorError`, such as one among the errors of a call that its protocol does not declare.
 *
 * @since 0.1.0
 * @category guards
 */
export const isActorError = (value: unknown): value is ActorError =>
  read(() => Predicate.hasProperty(value, TypeId), false)

const explain: (reason: Reason) => string = Match.typeTags<Reason, string>()({
  NotRunning: (reason) =>
    `${reason.why}. The message did not run; send it again once the actor runs.` +
    (reason.known.length === 0 ? "" : ` The actors of this system are: ${reason.known.join(", ")}.`),
  Restarting: (reason) =>
    `the actor ${reason.starting ? "had not started yet" : "was still restarting"} after ` +
    `${reason.afterMillis} ms. The message did not run; send it again, ` +
    `or allow more time with { timeout }.`,
  Crashed: (reason) =>
    reason.handled === "no"
      ? `the actor crashed (${ExitCause.format(reason.cause)}) before the message ran, and what the message moved is ` +
        `lost with it. Send it again with new data.`
      : `the actor ended while it handled the message (${ExitCause.format(reason.cause)}). ` +
        `The message may have run; send it again only if it may run twice.`,
  Stopping: () =>
    "the actor is shutting down and takes no new messages. The message did not run; send it again once the actor runs again.",
  MailboxFull: (reason) =>
    reason.of === "keys"
      ? `${reason.capacity} of its keys are awake, and no more may be. The message did not run; send it later, or declare a ` +
        `larger capacity or onFull: "evict-idle".`
      : `its mailbox holds ${reason.capacity} messages and takes no more. The message did not run; ` +
        `send less, or declare a larger mailbox or overflow: "suspend".`,
  TimedOut: (reason) =>
    (reason.deadlock
      ? "a deadlock: no answer can ever come. "
      : `no answer within ${reason.afterMillis} ms. `) +
    (reason.cycle.length > 0
      ? `The actors wait for each other (${reason.cycle.join(" -> ")}): use { discard: true }, Rpc.fork or a ` +
        `higher concurrency on one of them.`
      : reason.handled === "no"
      ? "The message had not started and was withdrawn; send it again, or allow more time with { timeout }."
      : "The handler had started and was interrupted; the message may have run: send it again only if it may run " +
        "twice, or allow more time with { timeout }."),
  NotSendable: (reason) =>
    `${reason.detail} The message ${reason.handled === "no" ? "did not run" : "may have run"}; ` +
    `sent again as it is, it fails again.`,
  Rejected: (reason) =>
    `its middleware rejected the message (${reason.detail}). The message did not run; send it again only with ` +
    `what the middleware asks for.`,
  Unreachable: (reason) => reason.of === "cluster" ? unreachableMachine(reason) : unreachableStorage(reason)
})

const unreachableMachine = ({ handled, why }: Unreachable): string =>
  `${why}. ` + (handled === "no"
    ? "The message did not run; send it again later."
    : "The message may have run; send it again only if it may run twice.")

const unreachableStorage = (reason: Unreachable): string =>
  `the storage of durable messages ${reason.why}. ` + (reason.handled === "no"
    ? "The message was not accepted and will not run; send it again later."
    : "The message may have been accepted, and will run then; send it again only if it has an id of its own, or may run twice.")
