/**
 * What makes the process stop: a signal, or a failure of the main thread itself. A second signal forces.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { constants } from "node:os"
import * as log from "../log.ts"
import { leave } from "../main/leave.ts"

const signals = ["SIGTERM", "SIGINT"] as const

// A terminal's Ctrl-C arrives twice under "npm start": from the terminal itself, and forwarded by npm.
const echoMillis = process.env.npm_lifecycle_event === "start" ? 200 : 0

/** Completes with the reason to stop. An error that nobody caught on main is left in `crashed`. */
export const stopping = Effect.fnUntraced(function*(
  crashed: Deferred.Deferred<unknown>
): Effect.fn.Return<string, never, Scope.Scope> {
  const reason = yield* Deferred.make<string>()
  let askedAtMillis = -Infinity

  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMillis = performance.now()
    if (Deferred.doneUnsafe(reason, Exit.succeed(`received ${signal}; send it again to force`))) {
      askedAtMillis = nowMillis
      return
    }
    if (nowMillis - askedAtMillis < echoMillis) return
    log.write(2, `heddle: ${signal} again: the process ends without waiting for its threads\n`)
    leave(128 + constants.signals[signal])
  }
  const onError = (error: unknown): void => {
    Deferred.doneUnsafe(crashed, Exit.succeed(error))
    Deferred.doneUnsafe(reason, Exit.succeed("the main thread failed"))
  }

  // Until the process has ended: what npm forwards may come when all else is over, and would end it otherwise than it ended.
  for (const signal of signals) process.on(signal, onSignal)
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("uncaughtException", onError)),
    () => Effect.sync(() => process.off("uncaughtException", onError))
  )
  return yield* Deferred.await(reason)
})
