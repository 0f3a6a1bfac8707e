/** The loops of every contestant that answers with a promise, and the message that all of them carry. */
import type { Measurements } from "../contestant.ts"

export interface Small {
  readonly id: number
  readonly a: string
  readonly b: number
}

export const small = (id: number): Small => ({ id, a: "a small message", b: 0.5 })

/** The milliseconds that it takes. */
export const timed = async (run: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await run()
  return performance.now() - began
}

/** Asks `count` times, by `window` askers with one ask at a time each; returns the milliseconds for all. */
export const askMany = async (count: number, window: number, ask: (index: number) => Promise<unknown>) => {
  let next = 0
  const asker = async () => {
    while (next < count) await ask(next++)
  }
  return [await timed(() => Promise.all(Array.from({ length: window }, asker)))]
}

/**
 * Measures asks with the small message.
 *
 * **Details**
 * - `latencies(count)`: one ask after the other, each in microseconds.
 * - `asks(count, window)`: see `askMany`.
 */
export const asks = (ask: (message: Small) => Promise<unknown>): Measurements => ({
  async latencies(count = 0) {
    const micros: Array<number> = []
    for (let id = 0; id < count; id++) {
      const began = performance.now()
      await ask(small(id))
      micros.push((performance.now() - began) * 1000)
    }
    return micros
  },
  asks: (count = 0, window = 1) => askMany(count, window, (index) => ask(small(index)))
})
