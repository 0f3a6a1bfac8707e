/** Asks, and what becomes of them. */
import * as Effect from "effect/Effect"
import { type ActorError, System } from "heddle"

/** What became of an ask, and after how long. */
export interface Settled {
  readonly outcome: string
  readonly millis: number
}

export const patience = { timeout: "30 seconds" } as const

/** What became of an ask, and how long that took. */
export const settled = <A>(ask: Effect.Effect<A, ActorError.ActorError>): Effect.Effect<Settled> =>
  Effect.suspend(() => {
    const from = performance.now()
    return Effect.map(Effect.result(ask), (result): Settled => ({
      outcome: result._tag === "Success"
        ? "answered"
        : `\`${result.failure.reason._tag}\` (${result.failure.reason.handled})`,
      millis: performance.now() - from
    }))
  })

/** Asks so many times, and goes on. */
export const hundred = (ask: Effect.Effect<unknown, ActorError.ActorError>, count = 100) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.forkChild(settled(ask), { startImmediately: true }))

/** What became of asks, and after how long that was known of the last. */
export const summary = (all: ReadonlyArray<Settled>): string => {
  const counts = new Map<string, number>()
  for (const { outcome } of all) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  const most = Math.max(...all.map(({ millis }) => millis))
  return `${Array.from(counts, ([outcome, count]) => `${count} ${outcome}`).join(", ")}; ${Math.round(most)} ms`
}

/** The number of the thread's present incarnation. */
export const incarnationOf = Effect.fnUntraced(function*(thread: string) {
  const { threads } = yield* System.System
  return (yield* threads).find(({ name }) => name === thread)?.incarnation ?? 0
})
