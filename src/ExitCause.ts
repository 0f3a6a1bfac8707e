/**
 * Why a thread or an actor ended, in a form that survives the thread it describes.
 *
 * Every restart, event, log line and `Crashed` error carries one.
 */
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"

/** An error was thrown and nobody caught it, or a promise was rejected and nobody handled it. */
export const Thrown = Schema.TaggedStruct("Thrown", {
  name: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/** The thread ended by itself: `process.exit` was called, or nothing was left to wait for. */
export const Exited = Schema.TaggedStruct("Exited", {
  code: Schema.Int,
  how: Schema.Literals(["process.exit", "drained"])
})

/** The thread reached the heap limit of its `resourceLimits`. */
export const OutOfMemory = Schema.TaggedStruct("OutOfMemory", { message: Schema.String })

/** The thread's event loop made no progress for `stallAfter`, so the watchdog ended it. */
export const Stalled = Schema.TaggedStruct("Stalled", {
  millis: Schema.Finite,
  /** The message in hand when it stalled, `Actor.Message`; empty when no handler was running. */
  inHand: Schema.String
})

/** An actor's handler or background work died with a defect. */
export const Defect = Schema.TaggedStruct("Defect", {
  actor: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/** An actor's layer could not be built, or its module could not be loaded. */
export const BuildFailed = Schema.TaggedStruct("BuildFailed", {
  actor: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/** The config module could not be imported again by a thread. */
export const LoadFailed = Schema.TaggedStruct("LoadFailed", {
  thread: Schema.String,
  module: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/** A thread was not ready within its `startTimeout`. */
export const StartTimedOut = Schema.TaggedStruct("StartTimedOut", { millis: Schema.Finite })

/** An actor's health check failed, or did not answer before the next was due. */
export const Unhealthy = Schema.TaggedStruct("Unhealthy", { actor: Schema.String, message: Schema.String })

/** An actor said that trying again is pointless (`Actor.fatal`). */
export const Fatal = Schema.TaggedStruct("Fatal", {
  actor: Schema.String,
  message: Schema.String,
  stack: Schema.String
})

/** An operator asked for it. */
export const Requested = Schema.TaggedStruct("Requested", {})

export const ExitCause = Schema.Union([
  Thrown,
  Exited,
  OutOfMemory,
  Stalled,
  Defect,
  BuildFailed,
  LoadFailed,
  StartTimedOut,
  Unhealthy,
  Fatal,
  Requested
])
export type ExitCause = typeof ExitCause.Type

/** Says in one line what happened. */
export const format = (cause: ExitCause): string => {
  switch (cause._tag) {
    case "Thrown":
      return `${cause.name}: ${cause.message}`
    case "Exited":
      return cause.how === "process.exit"
        ? `process.exit(${cause.code}) was called`
        : `its event loop had nothing left to do (exit code ${cause.code})`
    case "OutOfMemory":
      return `out of memory: ${cause.message}`
    case "Stalled":
      return `its event loop was blocked for ${cause.millis} ms` +
        (cause.inHand === "" ? "" : ` with ${cause.inHand} in hand`)
    case "Defect":
      return `${cause.actor} died: ${cause.message}`
    case "BuildFailed":
      return `${cause.actor} could not be built: ${cause.message}`
    case "LoadFailed":
      return `it could not import ${cause.module}: ${cause.message}`
    case "StartTimedOut":
      return `it was not ready within ${cause.millis} ms`
    case "Unhealthy":
      return `${cause.actor} is unwell: ${cause.message}`
    case "Fatal":
      return `${cause.actor} gave up: ${cause.message}`
    case "Requested":
      return "an operator asked for it"
  }
}

/** The stack that belongs to the cause, or an empty string. */
export const stack = (cause: ExitCause): string => "stack" in cause ? cause.stack : ""

/** Reads name, message and stack of whatever was thrown, `Error` or not. */
export const describe = (
  thrown: unknown
): { readonly name: string; readonly message: string; readonly stack: string } =>
  readable(
    () =>
      thrown instanceof Error
        ? { name: inspect(thrown.name), message: inspect(thrown.message), stack: trace(thrown) }
        : { name: typeof thrown, message: inspect(thrown), stack: "" },
    { name: typeof thrown, message: "something that can't be read was thrown", stack: "" }
  )

/** Reads the first failure or defect of an Effect `Cause`, with all of it as the stack. */
export const describeCause = (cause: Cause.Cause<unknown>): { readonly message: string; readonly stack: string } => ({
  message: describe(Cause.squash(cause)).message,
  stack: readable(() => Cause.pretty(cause), "")
})

/** An error is somebody's own code: a message may be a getter that throws. */
const readable = <A>(read: () => A, otherwise: A): A => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

/** The stack of an error, with what caused it, and what caused that, to a depth where it is no longer of use. */
const trace = (error: Error, depth = 0): string => {
  const { cause } = error
  const stack = inspect(error.stack ?? "")
  if (cause === undefined || depth === 5) return stack
  return `${stack}\n[cause]: ${cause instanceof Error ? trace(cause, depth + 1) : inspect(cause)}`
}

const inspect = (value: unknown): string => {
  try {
    return typeof value === "string" ? value : JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
