/**
 * Why a thread or an actor ended, in a form that survives the thread it describes.
 *
 * Every restart, event, log line and `Crashed` error carries one.
 */
import * as Cause from "effect/Cause"
import * as Match from "effect/Match"
import * as Schema from "effect/Schema"
import * as causes from "./base/causes.ts"
import * as thrown from "./base/thrown.ts"
import { formatWhereabouts, Whereabouts } from "./base/whereabouts.ts"

export { formatPlace, formatWhereabouts, Place, Whereabouts } from "./base/whereabouts.ts"

/**
 * An error was thrown and nobody caught it, or a promise was rejected and nobody handled it.
 *
 * @since 0.1.0
 * @category causes
 */
export const Thrown = Schema.TaggedStruct("Thrown", {
  name: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/**
 * The thread ended by itself: `process.exit` was called, or nothing was left to wait for.
 *
 * @since 0.1.0
 * @category causes
 */
export const Exited = Schema.TaggedStruct("Exited", {
  code: Schema.Int,
  how: Schema.Literals(["process.exit", "drained"])
})

/**
 * A signal ended the process that the thread was: SIGSEGV or SIGABRT if native code crashed, SIGKILL if somebody killed it.
 *
 * @since 0.1.0
 * @category causes
 */
export const Killed = Schema.TaggedStruct("Killed", { signal: Schema.String })

/**
 * The thread reached the heap limit of its `resourceLimits`.
 *
 * @since 0.1.0
 * @category causes
 */
export const OutOfMemory = Schema.TaggedStruct("OutOfMemory", { message: Schema.String })

/**
 * The thread's event loop made no progress for `stallAfter`, so the watchdog ended it.
 *
 * @since 0.1.0
 * @category causes
 */
export const Stalled = Schema.TaggedStruct("Stalled", {
  millis: Schema.Finite,
  /** The message that it was handling when it stalled, `Actor.Message` or `Actor("key").Message`; empty when no handler was running. */
  handling: Schema.String,
  ...Whereabouts.fields
})

/**
 * An actor's handler or background work died with a defect.
 *
 * @since 0.1.0
 * @category causes
 */
export const Defect = Schema.TaggedStruct("Defect", {
  actor: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/**
 * An actor's layer could not be built, or its module could not be loaded.
 *
 * @since 0.1.0
 * @category causes
 */
export const BuildFailed = Schema.TaggedStruct("BuildFailed", {
  actor: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/**
 * The config module could not be imported again by a thread.
 *
 * @since 0.1.0
 * @category causes
 */
export const LoadFailed = Schema.TaggedStruct("LoadFailed", {
  thread: Schema.String,
  module: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/**
 * A thread was not ready within its `startTimeout`.
 *
 * @since 0.1.0
 * @category causes
 */
export const StartTimedOut = Schema.TaggedStruct("StartTimedOut", { millis: Schema.Finite, ...Whereabouts.fields })

/**
 * An actor's health check failed, or did not answer before the next was due.
 *
 * @since 0.1.0
 * @category causes
 */
export const Unhealthy = Schema.TaggedStruct("Unhealthy", { actor: Schema.String, message: Schema.String })

/**
 * An actor said that trying again is pointless (`Actor.fatal`).
 *
 * @since 0.1.0
 * @category causes
 */
export const Fatal = Schema.TaggedStruct("Fatal", {
  actor: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/**
 * An operator asked for it.
 *
 * @since 0.1.0
 * @category causes
 */
export const Requested = Schema.TaggedStruct("Requested", {})

/**
 * The thread was replaced by a fresh one, as its `recycle` says.
 *
 * @since 0.1.0
 * @category causes
 */
export const Recycled = Schema.TaggedStruct("Recycled", { why: Schema.String })

/**
 * Why a thread or an actor ended.
 *
 * @since 0.1.0
 * @category models
 */
export const ExitCause = Schema.Union([
  Thrown,
  Exited,
  Killed,
  OutOfMemory,
  Stalled,
  Defect,
  BuildFailed,
  LoadFailed,
  StartTimedOut,
  Unhealthy,
  Fatal,
  Requested,
  Recycled
])
/**
 * The type of `ExitCause`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type ExitCause = typeof ExitCause.Type

const lineBytes = 2000

/** As much of a message as one line should have. */
const brief = (message: string): string => thrown.cut(message, lineBytes)
/** What that leaves out. */
const rest = (message: string): string => `…${message.slice(thrown.start(message, lineBytes - 64).length)}`

/**
 * Describes a cause in one line.
 *
 * @since 0.1.0
 * @category formatting
 */
export const format: (cause: ExitCause) => string = Match.typeTags<ExitCause, string>()({
  Thrown: (cause) => cause.message === "" ? cause.name : `${cause.name}: ${brief(cause.message)}`,
  Exited: (cause) =>
    cause.how === "process.exit"
      ? `process.exit(${cause.code}) was called`
      : `its event loop had nothing left to do (exit code ${cause.code})`,
  Killed: (cause) => `its process was ended by ${cause.signal}`,
  OutOfMemory: (cause) => `out of memory: ${cause.message}`,
  Stalled: (cause) =>
    `its event loop was blocked for ${cause.millis} ms` +
    (cause.handling === "" ? "" : ` while it handled ${cause.handling}`) + formatWhereabouts(cause),
  Defect: (cause) => `${cause.actor} died: ${brief(cause.message)}`,
  BuildFailed: (cause) => `${cause.actor} could not be built: ${brief(cause.message)}`,
  LoadFailed: (cause) => `it could not load ${cause.module}: ${brief(cause.message)}`,
  StartTimedOut: (cause) => `it was not ready within ${cause.millis} ms${formatWhereabouts(cause)}`,
  Unhealthy: (cause) => `${cause.actor} failed its health check: ${brief(cause.message)}`,
  Fatal: (cause) => `${cause.actor} gave up: ${brief(cause.message)}`,
  Requested: () => "an operator asked for it",
  Recycled: (cause) => `the thread was recycled: ${cause.why}`
})

/**
 * The stack that belongs to the cause, or an empty string.
 *
 * @since 0.1.0
 * @category formatting
 */
export const stack = (cause: ExitCause): string => "stack" in cause ? cause.stack ?? "" : ""

/**
 * What the stack says that `format` does not; empty when that is nothing. Together they are all of it, and nothing twice.
 *
 * @since 0.1.0
 * @category formatting
 */
export const detail = (cause: ExitCause): string => {
  const all = stack(cause)
  const message = "message" in cause ? cause.message : ""
  const said = brief(message)
  const at = message === "" ? -1 : all.indexOf(message)
  const head = all.slice(0, Math.max(0, at))
  if (at < 0 || head.includes("\n")) return said === message ? all : [rest(message), all].join("\n").trimEnd()
  const after = all.slice(at + message.length).replace(/^\n/, "")
  // The name of an error, which most causes don't have apart.
  const isNamed = head === "" || head === "Error: " || (cause._tag === "Thrown" && head.startsWith(cause.name))
  if (said !== message) return [`${isNamed ? "" : head}${rest(message)}`, after].join("\n").trimEnd()
  return isNamed ? after : all
}

/**
 * Reads name, message and stack of whatever was thrown: errors of any realm, events, responses, and what is no error at all.
 *
 * **Details**
 * - Never throws. The stack has the error's own fields, its causes and the errors of an `AggregateError`.
 * - At most 60 KiB in all; what is cut says how much it was.
 *
 * @since 0.1.0
 * @category constructors
 */
export const describe = (
  value: unknown
): { readonly name: string; readonly message: string; readonly stack: string } => thrown.describe(value)

/**
 * Reads the first failure or defect of an Effect `Cause`, with all of it as the stack.
 *
 * @since 0.1.0
 * @category constructors
 */
export const describeCause = (cause: Cause.Cause<unknown>): { readonly message: string; readonly stack: string } => {
  const { message, name } = thrown.describe(Cause.squash(cause))
  const said = message === "" ? name : message
  const { stack } = thrown.limited({ name: "", message: said, stack: causes.trace(cause) })
  return { message: said, stack }
}
