/**
 * Effect's `Cause` in words. Effect itself follows the causes of an error to the last one, and shows all errors of a `Cause`: what
 * is given to it here is bounded before.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import * as thrown from "./thrown.ts"

/** All failures and defects of a `Cause`, with the spans that Effect notes in their stacks. */
export const trace = (cause: Cause.Cause<unknown>): string => {
  const short = bounded(cause)
  const shown = thrown.read(() => Cause.prettyErrors(short), [])
  const { first, more } = failuresOf(cause)
  if (first.length === 0) return thrown.read(() => Cause.pretty(short), "")
  return [
    ...first.map((value, index) => thrown.traceOf(value, thrown.isErrorLike(value) ? shown[index]?.stack : undefined)),
    ...more === "" ? [] : [more]
  ].join("\n")
}

/** What Effect shows of a `Cause`. */
export const pretty = (cause: Cause.Cause<unknown>): string =>
  thrown.read(() => Cause.pretty(bounded(cause)), "the cause can't be read")

/** The same end, of which Effect can show all. */
export const boundedExit = <A>(exit: Exit.Exit<A, unknown>): Exit.Exit<A, unknown> => {
  if (Exit.isSuccess(exit)) return exit
  const cause = bounded(exit.cause)
  return cause === exit.cause ? exit : Exit.failCause(cause)
}

/**
 * A `Cause` of which Effect can show all: few errors, each with few causes, and texts that are not too long. It is the same one if it
 * is so already.
 */
export const bounded = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> => {
  const { more } = failuresOf(cause)
  const reasons = cause.reasons.slice(0, thrown.mostErrors).map(boundedReason)
  const isSame = reasons.length === cause.reasons.length && reasons.every((reason, at) => reason === cause.reasons[at])
  if (isSame) return cause
  return Cause.fromReasons(more === "" ? reasons : [...reasons, Cause.makeDieReason(more)])
}

/** The first failures and defects of a `Cause`, and how many more there are, in words. */
const failuresOf = (
  { reasons }: Cause.Cause<unknown>
): { readonly first: ReadonlyArray<unknown>; readonly more: string } => {
  const first = reasons.slice(0, thrown.mostErrors).filter((reason) => !Cause.isInterruptReason(reason)).map(valueOf)
  return { first, more: reasons.length > thrown.mostErrors ? `… and ${reasons.length - thrown.mostErrors} more` : "" }
}

const valueOf = (reason: Cause.Fail<unknown> | Cause.Die): unknown =>
  Cause.isFailReason(reason) ? reason.error : reason.defect

const boundedReason = (reason: Cause.Reason<unknown>): Cause.Reason<unknown> => {
  if (Cause.isInterruptReason(reason)) return reason
  const value = valueOf(reason)
  const short = isBounded(value) ? value : shortened(value, new Set())
  if (short === value) return reason
  const made = Cause.isFailReason(reason) ? Cause.makeFailReason(short) : Cause.makeDieReason(short)
  return made.annotate(Context.makeUnsafe<never>(new Map(reason.annotations)))
}

/** Whether a value that was thrown can be shown in little time, with all its causes. */
export const isBounded = (value: unknown): boolean => thrown.read(() => isShort(value), false)

/** Whether Effect shows a value in little time. A getter or a trap that throws is for the caller. */
const isShort = (value: unknown): boolean => {
  const seen = new Set<unknown>()
  let next = value
  while (thrown.isObject(next) && !seen.has(next)) {
    if (seen.size === thrown.deepest || !isModest(next)) return false
    seen.add(next)
    next = next["cause"]
  }
  return isShortText(next)
}

/** Effect copies the fields of an error, though it shows none of them. */
const mostFields = 100

const isShortText = (value: unknown): boolean => typeof value !== "string" || value.length <= thrown.messageBytes

/** An error whose words are not too long, and whose own fields can be read. */
const isModest = (error: thrown.Fields): boolean => {
  const { message, name, stack } = error
  if (typeof message !== "string" || message.length > thrown.messageBytes) return false
  if (!isShortText(name) || (typeof stack === "string" && stack.length > thrown.allBytes)) return false
  const keys = Object.keys(error)
  return keys.length <= mostFields &&
    keys.every((key) => Object.getOwnPropertyDescriptor(error, key)?.get === undefined)
}

/** An error that says the same, as far as that is read at all. */
const shortened = (value: unknown, seen: Set<unknown>): unknown => {
  if (!thrown.isObject(value)) return typeof value === "string" ? thrown.cut(value, thrown.messageBytes) : value
  if (seen.size === thrown.deepest) return "and more"
  seen.add(value)
  const { message, name } = thrown.describe(value)
  const cause = thrown.field(value, "cause")
  const error = seen.has(cause) || cause === undefined
    ? new Error(message)
    : new Error(message, { cause: shortened(cause, seen) })
  error.name = thrown.isErrorLike(value) ? name : "Error"
  const stack = thrown.stackOf(value)
  const whole = thrown.field(value, "message")
  const said = typeof whole === "string" && whole !== message ? stack.replace(whole, () => message) : stack
  error.stack = said === "" ? `${error.name}: ${message}` : thrown.cut(said, thrown.allBytes, "middle")
  return error
}
