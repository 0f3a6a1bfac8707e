/**
 * Keeps the bot connected: logs in, watches the connection, and connects again when it is lost, however long Discord is out.
 *
 * ```text
 *   connecting --- ready ---> connected
 *      ^   |                     |
 *      |   | fails               | lost, or silent for too long
 *      |   v                     v
 *      +-- waits: 0.5 s, 1 s ... 30 s; from 0.5 s again after a connection of half a minute
 *
 *   refused (401, 4004, 4010 to 4014): stays so until the bot's thread is restarted
 * ```
 *
 * An outage is no failure of the actor: it answers all the while, and says what is wrong.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Gateway, GatewayUnavailable } from "./gateway.ts"
import { stableMillis, unwell } from "./gatewayHealth.ts"
import { Refused } from "./refusal.ts"

/** How the bot's connection is; `problem` says why there is none. */
export type Link =
  | { readonly _tag: "Connecting"; readonly problem: string | null }
  | { readonly _tag: "Connected"; readonly gateway: Gateway }
  | { readonly _tag: "Refused"; readonly problem: string }

const checkEvery = "250 millis"
const firstWaitMillis = 500
const longestWaitMillis = 30_000

/** How long to wait after so many attempts in a row that failed, from 1; `random` is from 0 to 1. */
export const waitMillis = (failures: number, random: number): number =>
  Math.round(Math.min(longestWaitMillis, firstWaitMillis * 2 ** Math.min(failures - 1, 16)) * (0.8 + 0.4 * random))

/**
 * Runs connections one after the other, for as long as the caller lives; completes only when Discord refuses the bot.
 *
 * **Details**
 * - `connect` opens a connection in a scope of its own, which is closed before the next attempt.
 * - `use` runs beside an open connection, and is interrupted when that is lost.
 */
export const keep = Effect.fnUntraced(function*<E extends { readonly message: string }, R>(options: {
  readonly connect: Effect.Effect<Gateway, GatewayUnavailable | Refused | E, R | Scope.Scope>
  readonly use: (gateway: Gateway) => Effect.Effect<never, Refused>
  readonly onLink: (link: Link) => void
}): Effect.fn.Return<Refused, never, Exclude<R, Scope.Scope>> {
  const { connect, onLink, use } = options
  let failures = 0
  for (;;) {
    let connectedAt = Number.POSITIVE_INFINITY
    const attempt = Effect.scoped(Effect.gen(function*() {
      const gateway = yield* connect
      connectedAt = performance.now()
      onLink({ _tag: "Connected", gateway })
      return yield* Effect.raceFirst(use(gateway), lost(gateway))
    }))
    const exit = yield* Effect.exit(attempt)
    if (performance.now() - connectedAt >= stableMillis) failures = 0
    if (Exit.isSuccess(exit)) continue
    const error = Cause.squash(exit.cause)
    const problem = error instanceof Error ? error.message : String(error)
    if (error instanceof Refused) {
      onLink({ _tag: "Refused", problem })
      yield* Effect.logError(`${problem} It does not try again before its thread is restarted; all else runs on.`)
      return error
    }
    if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
    onLink({ _tag: "Connecting", problem })
    const millis = waitMillis(++failures, yield* Random.next)
    // Said at first, then each time it has become twice as long: an outage of an hour is ten lines.
    if ((failures & (failures - 1)) === 0) {
      yield* Effect.logWarning(`${problem}; the bot tries again in ${(millis / 1000).toFixed(1)} s, and goes on trying`)
    }
    yield* Effect.sleep(millis)
  }
})

/** Fails when the connection is dead, with what is wrong. */
const lost = (gateway: Gateway): Effect.Effect<never, Error> =>
  Effect.gen(function*() {
    for (;;) {
      yield* Effect.sleep(checkEvery)
      const problem = unwell(gateway.view(), performance.now())
      if (problem !== null) return yield* Effect.fail(new Error(problem))
    }
  })
