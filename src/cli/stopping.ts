/**
 * What makes the process stop: a signal, or a failure of the main thread itself. A second signal forces.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { constants } from "node:os"
import * as log from "../base/log.ts"
import { leave } from "../main/exit.ts"
import { meaningOf, signals } from "./signals.ts"

const isHangUpIgnored = (): boolean => process.env["HEDDLE_SIGHUP"] === "ignore"

const ignore = (): void => {}

/** Lets SIGHUP pass, as `nohup` wants: Node has reset what that had set. */
export const ignoreHangUp = (): void => {
  if (isHangUpIgnored()) process.on("SIGHUP", ignore)
}

/** A terminal or a reader that has gone away is no reason to end, and none to skip finalizers. */
export const outputMayFail = (): void => {
  for (const name of ["stdout", "stderr"] as const) {
    try {
      process[name].on("error", ignore)
    } catch {
      // It can't even be opened any more.
    }
  }
}

/** Completes with the reason to stop. An error that nobody caught on main is left in `crashed`. */
export const stopping = Effect.fnUntraced(function*(
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
