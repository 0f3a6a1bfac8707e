import * as Effect from "effect/Effect"
import type { Small } from "../link/drive.ts"

/** How many were taken on this thread, by whichever actor, and who waits for that. */
let taken = 0
let waiting: { readonly count: number; readonly reached: () => void } | undefined

/** Waits until so many were taken since the last time. */
export const whenTaken = (count: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const reached = (): void => {
      taken = 0
      waiting = undefined
      resume(Effect.void)
    }
    if (taken >= count) reached()
    else waiting = { count, reached }
  })

/** What the plain actor and each key do. */
export const handlers = Effect.sync(() => ({
  Echo: (message: Small) => Effect.succeed(message),
  Take: () =>
    Effect.sync(() => {
      taken++
      if (waiting !== undefined && taken >= waiting.count) waiting.reached()
    })
}))
