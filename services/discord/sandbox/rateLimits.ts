/** How often something may happen: the windows behind gateway limits, REST buckets and identify limits. */

/** What one more use of a window would mean. `resetAtMillis` is when the window begins anew. */
export interface Verdict {
  readonly ok: boolean
  readonly remaining: number
  readonly resetAtMillis: number
}

/**
 * A window of fixed length that begins with its first use and allows `limit` uses.
 *
 * **Details**
 * - Reads no clock: `nowMillis` is handed in.
 * - A use that is refused is not counted.
 */
export class Window {
  readonly limit: number
  readonly lengthMillis: number
  #used = 0
  #endsAtMillis = Number.NEGATIVE_INFINITY

  constructor(limit: number, lengthMillis: number) {
    this.limit = limit
    this.lengthMillis = lengthMillis
  }

  take(nowMillis: number): Verdict {
    if (this.#endsAtMillis <= nowMillis) {
      this.#used = 0
      this.#endsAtMillis = nowMillis + this.lengthMillis
    }
    const ok = this.#used < this.limit
    if (ok) this.#used += 1
    return { ok, remaining: this.limit - this.#used, resetAtMillis: this.#endsAtMillis }
  }

  /** What is left, without using anything. */
  peek(nowMillis: number): Verdict {
    const over = this.#endsAtMillis <= nowMillis
    const remaining = over ? this.limit : this.limit - this.#used
    return { ok: remaining > 0, remaining, resetAtMillis: over ? nowMillis + this.lengthMillis : this.#endsAtMillis }
  }
}

/** How often a route may be used, per channel, webhook or guild. */
export interface BucketLimit {
  readonly limit: number
  readonly lengthMillis: number
}

/** Windows that are kept without a look at which of them are idle. */
const fewWindows = 1000
/** Windows at most: beyond that the oldest are forgotten, since anybody can name as many as they like. */
const mostWindows = 10_000

/** The windows of all REST buckets, one for each route and major resource. */
export class Buckets {
  readonly #windows = new Map<string, Window>()
  #lookAt = fewWindows

  take(key: string, of: BucketLimit, nowMillis: number): Verdict {
    if (this.#windows.size > this.#lookAt) this.#dropIdle(nowMillis)
    const window = this.#windows.get(key) ?? new Window(of.limit, of.lengthMillis)
    this.#windows.set(key, window)
    return window.take(nowMillis)
  }

  /** Each interaction has buckets of its own, which nobody asks about again. The next look is at twice as many. */
  #dropIdle(nowMillis: number): void {
    for (const [key, window] of this.#windows) {
      if (window.peek(nowMillis).remaining === window.limit) this.#windows.delete(key)
    }
    for (const key of this.#windows.keys()) {
      if (this.#windows.size <= mostWindows / 2) break
      this.#windows.delete(key)
    }
    this.#lookAt = Math.max(fewWindows, 2 * this.#windows.size)
  }
}
