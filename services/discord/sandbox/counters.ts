/** What happened in the sandbox so far, counted, for tests and for the curious. */
import * as Effect from "effect/Effect"

/**
 * **Details**
 * - `connects`: WebSockets accepted; `refusedConnects`: upgrades turned away.
 * - `identifies`: those that were granted a session; `resumes`: those that were granted.
 * - `heartbeats`: received, answered or not. `connections`: open now.
 * - `restRequests`: all; `rateLimited`: those answered with 429; `unauthorized`: with 401.
 */
export interface Counters {
  readonly connects: number
  readonly refusedConnects: number
  readonly connections: number
  readonly identifies: number
  readonly resumes: number
  readonly invalidSessions: number
  readonly heartbeats: number
  readonly restRequests: number
  readonly rateLimited: number
  readonly unauthorized: number
}

/** Counts, and wakes those who wait for a count. */
export class Tally {
  #counters: Counters = {
    connects: 0,
    refusedConnects: 0,
    connections: 0,
    identifies: 0,
    resumes: 0,
    invalidSessions: 0,
    heartbeats: 0,
    restRequests: 0,
    rateLimited: 0,
    unauthorized: 0
  }
  readonly #waiting = new Set<() => void>()

  get counters(): Counters {
    return this.#counters
  }

  add(name: keyof Counters, by = 1): void {
    this.#counters = { ...this.#counters, [name]: this.#counters[name] + by }
    for (const wake of this.#waiting) wake()
  }

  /** Completes once the counters satisfy the predicate, at once if they do already. Give it a time limit. */
  until(predicate: (counters: Counters) => boolean): Effect.Effect<Counters> {
    return Effect.callback((resume) => {
      const look = () => {
        if (!predicate(this.#counters)) return
        this.#waiting.delete(look)
        resume(Effect.succeed(this.#counters))
      }
      this.#waiting.add(look)
      look()
      return Effect.sync(() => this.#waiting.delete(look))
    })
  }
}
