/**
 * What this thread dies of, described before it dies: on the way to main an error would lose what structured clone does not
 * carry, and that is the name of a `DOMException`, all of a `Response`, and whatever is no error.
 */
import { isBounded } from "../base/causes.ts"
import { read } from "../base/thrown.ts"
import * as ExitCause from "../ExitCause.ts"

type Words = ReturnType<typeof ExitCause.describe>

/** Calls `say` when the thread ends by an error that nobody caught; main asks whether it did. */
export const install = (say: (words: Words) => void): void => {
  let rejected: { readonly reason: unknown } | undefined
  let last: Words | undefined

  // A rejection that is no error arrives below in an error of Node's, which only names its type. A listener would count as
  // a handler of the rejection; so the event is looked at on its way.
  const emit: unknown = Reflect.get(process, "emit")
  if (typeof emit === "function") {
    Reflect.set(process, "emit", (...args: ReadonlyArray<unknown>): unknown => {
      if (args[0] === "unhandledRejection") rejected = { reason: args[1] }
      return Reflect.apply(emit, process, args)
    })
  }
  process.on("uncaughtExceptionMonitor", (error: unknown, origin) => {
    const isWrapped = origin === "unhandledRejection" && read(() => isOfNode(error), false)
    last = describe(isWrapped && rejected !== undefined ? rejected.reason : error)
    rejected = undefined
    const isHandled = process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback()
    if (!isHandled) read(() => lighten(error), undefined)
  })
  // Not before: the program may have handlers of its own, and go on.
  process.on("exit", () => {
    if (last !== undefined) say(last)
  })
}

/** What Node makes of a rejection that is no error. */
const isOfNode = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_UNHANDLED_REJECTION"

/**
 * Node writes down for main all that an error holds, its causes and theirs, which may take longer than a thread may hang. Nobody reads
 * that: so an error that is about to end this thread loses what it holds if it is much.
 */
const lighten = (error: unknown): void => {
  if (typeof error !== "object" || error === null) return
  const isLight = isBounded(error) && !("errors" in error)
  if (isLight) return
  for (const key of Reflect.ownKeys(error)) {
    if (key === "message" || key === "stack") Reflect.defineProperty(error, key, { value: "" })
    else Reflect.deleteProperty(error, key)
  }
}

const describe = (thrown: unknown): Words =>
  thrown === undefined || thrown === null
    ? { name: "Error", message: `a falsy value was thrown: ${thrown}`, stack: "" }
    : ExitCause.describe(thrown)
