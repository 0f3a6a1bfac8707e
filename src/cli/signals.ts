/**
 * What makes the process stop: a signal, or a failure of the main thread itself. A second signal forces.
 *
 * ```text
 *   running --- a signal, an error of main ---> stopping in order --- another signal ---> the process ends at once
 *                                                 |      ^
 *                                                 +------+ a signal within 500 ms of the first: an echo of it
 * ```
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { constants } from "node:os"
import * as log from "../base/log.ts"
import { leave } from "../main/exit.ts"
import { isHangUpIgnored } from "./hangUp.ts"

/**
 * The signals that stop the system in order, as far as the platform has them. SIGUSR1 is Node's, SIGUSR2 the program's.
 */
const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGBREAK"] as const

/**
 * Two signals within this time are one: a terminal's Ctrl-C arrives twice under npm, from the terminal and forwarded; a
 * closed terminal sends SIGHUP, and the shell in it another one; init systems send SIGTERM and SIGHUP together.
 */
const togetherMillis = 500

/**
 * Decides what a signal means. The first one stops, a later one forces, and one that comes together with the first is an echo.
 *
 * **Details**
 * - `firstAtMillis` and `nowMillis`: milliseconds of a monotonic clock; undefined before the first signal.
 */
export const meaningOf = (firstAtMillis: number | undefined, nowMillis: number): "stop" | "echo" | "force" =>
  firstAtMillis === undefined ? "stop" : nowMillis - firstAtMillis < togetherMillis ? "echo" : "force"

/** Completes with the reason to stop. An error that nobody caught on main is left in `crashed`. */
export const reasonToStop = Effect.fnUntraced(function*(
  crashed: Deferred.Deferred<unknown>
): Effect.fn.Return<string, never, Scope.Scope> {
  const reason = yield* Deferred.make<string>()
  let firstAtMillis: number | undefined

  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMillis = performance.now()
    switch (meaningOf(firstAtMillis, nowMillis)) {
      case "stop":
        firstAtMillis = nowMillis
        if (!Deferred.doneUnsafe(reason, Exit.succeed(`received ${signal}; send it again to force`))) {
          log.write(2, `heddle: ${signal}: the process is stopping already; send it again to force\n`)
        }
        return
      case "echo":
        return
      case "force":
        log.write(2, `heddle: ${signal} again: the process ends without waiting for its threads\n`)
        return leave(128 + constants.signals[signal])
    }
  }
  const onError = (error: unknown): void => {
    Deferred.doneUnsafe(crashed, Exit.succeed(error))
    Deferred.doneUnsafe(reason, Exit.succeed("the main thread failed"))
  }

  // Until the process has ended: what npm forwards may come when all else is over, and would end it otherwise than it ended.
  for (const signal of signals) {
    if (signal in constants.signals && !(signal === "SIGHUP" && isHangUpIgnored())) process.on(signal, onSignal)
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("uncaughtException", onError)),
    () => Effect.sync(() => process.off("uncaughtException", onError))
  )
  return yield* Deferred.await(reason)
})
