/**
 * Says once why a process does not end whose program has nothing left to do: a system that nobody closes keeps it running.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** How often it looks. What it finds has to be so twice, because a program may be between two of its steps. */
const everyMillis = 1000

const text =
  "the program has nothing left to do, and its system keeps the process running. Close what System.layer was built in, " +
  "`await runtime.dispose()` for example, or await System.ended if the system is to run on."

/** What a program uses of its system. */
export type Use = ReturnType<typeof make>

/**
 * Makes the count of a program's uses, none at first.
 *
 * **Details**
 * - `isAsking`: main waits for an answer or an element of a stream.
 */
export const make = (isAsking: () => boolean) => {
  let uses = 0
  const enter = Effect.sync(() => uses++)
  const leave = Effect.sync(() => uses--)
  return {
    /** Counts an effect as a use of the system while it runs. */
    during: <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.acquireUseRelease(enter, () => effect, () => leave),
    /** Counts a stream as a use of the system while it is read. */
    reading: <A>(stream: Stream.Stream<A>): Stream.Stream<A> =>
      Stream.unwrap(Effect.as(Effect.acquireRelease(enter, () => leave), stream)),
    /** Looks until it has said so, or the scope closes. Its timer keeps no process running. */
    watch: Effect.gen(function*(): Effect.fn.Return<void, never, Scope.Scope> {
      const runFork = Effect.runForkWith(yield* Effect.context<never>())
      let before = false
      const timer = setInterval(() => {
        const now = uses === 0 && !isAsking() && isAlone()
        if (now && before) {
          clearInterval(timer)
          runFork(Effect.logWarning(text))
        }
        before = now
      }, everyMillis)
      timer.unref()
      yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(timer)))
    })
  }
}

/**
 * Whether nothing keeps this process running but ports and the supervisor's one timer.
 *
 * **Details**
 * - Standard output counts as nothing, though it may be a handle. A program that handles signals runs until one comes.
 */
const isAlone = (): boolean => {
  if (signals.some((signal) => process.listenerCount(signal) > 0)) return false
  const others = process.getActiveResourcesInfo().filter((kind) => kind !== "MessagePort")
  return others.filter((kind) => kind === "Timeout").length === 1 && others.length === 1 + outputs()
}

const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR2"]

/** How many handles standard output and standard error have. */
const outputs = (): number => {
  const handles: unknown = "_getActiveHandles" in process && typeof process._getActiveHandles === "function"
    ? process._getActiveHandles()
    : []
  return Array.isArray(handles) ? handles.filter(isOutput).length : 0
}

const isOutput = (handle: unknown): boolean =>
  typeof handle === "object" && handle !== null && "fd" in handle && (handle.fd === 1 || handle.fd === 2)
