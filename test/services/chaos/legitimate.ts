/** Those who mean well while others don't: what they ask for, how long it takes, and how often they get nothing. */
import * as Effect from "effect/Effect"
import { request } from "node:http"

/** How it went: times in milliseconds. */
export interface Service {
  readonly asked: number
  readonly failed: number
  readonly medianMillis: number
  readonly longestMillis: number
}

/** Measures one thing that is asked for again and again. */
export const measure = () => {
  const times: Array<number> = []
  let failed = 0
  return {
    /** Asks once; `ask` says whether it got what it wanted. */
    once: (ask: Effect.Effect<boolean>): Effect.Effect<void> =>
      Effect.suspend(() => {
        const began = performance.now()
        return Effect.map(ask, (is) => {
          times.push(performance.now() - began)
          if (!is) failed++
        })
      }),
    service: (): Service => {
      const sorted = times.toSorted((a, b) => a - b)
      return {
        asked: times.length,
        failed,
        medianMillis: Math.round(sorted[sorted.length >> 1] ?? 0),
        longestMillis: Math.round(sorted.at(-1) ?? 0)
      }
    }
  }
}

/** Asks a server for a path as a probe does, on a connection of its own; the status, or 0 for no answer in time. */
export const probe = (address: string, path: string, timeoutMillis: number): Effect.Effect<number> =>
  Effect.callback<number>((resume) => {
    const sent = request(`${address}${path}`, { agent: false }, (response) => {
      response.resume().on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    })
    const timer = setTimeout(() => sent.destroy(new Error("late")), timeoutMillis)
    sent.on("error", () => resume(Effect.succeed(0))).on("close", () => clearTimeout(timer))
    sent.end()
    return Effect.sync(() => sent.destroy())
  })
