/**
 * The health check of an actor, for as long as one incarnation lives.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { actorOptions } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { patience } from "../loop/atMost.ts"
import * as monotonic from "../loop/monotonic.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { Failure } from "./hostContext.ts"

type Health = NonNullable<ReturnType<typeof actorOptions>["health"]>

/**
 * Fails the actor when its health check fails, dies, or has not returned when the next one is due. While a debugger may stop
 * threads, a check may fail only because it was stopped: that is logged, and nothing else happens.
 */
export const watch = (
  actor: string,
  { check, everyMillis }: Health,
  block: StatusBlock,
  failed: Deferred.Deferred<Failure>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (let wellUntil = yield* monotonic.now;;) {
      yield* Effect.sleep(everyMillis)
      // Not `Effect.timeout`, which would wait for a check that hangs where it can't be interrupted.
      const fiber = yield* Effect.forkDetach(check)
      const ended = yield* Effect.raceFirst(Fiber.await(fiber), Effect.as(patience(everyMillis), undefined)).pipe(
        Effect.ensuring(Effect.sync(() => fiber.interruptUnsafe()))
      )
      const message = ended === undefined
        ? `it did not return within ${everyMillis} ms`
        : Exit.isFailure(ended)
        ? ExitCause.describeCause(ended.cause).message
        : undefined
      if (message === undefined) wellUntil = yield* monotonic.now
      else if (block.isDebugged()) yield* Effect.logWarning(`${message}; not acted on while an inspector listens`)
      else {
        const cause = ExitCause.Unhealthy.make({ actor, message })
        return void Deferred.doneUnsafe(failed, Exit.succeed({ cause, fatal: false, wellUntil }))
      }
    }
  })
