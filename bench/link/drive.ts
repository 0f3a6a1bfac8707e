/** The loops of everybody who answers with a promise, and the message that all carry. */
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

/**
 * Measures asks.
 *
 * **Details**
 * - `latencies(count)`: one ask after the other, each in microseconds.
 * - `asks(count, window)`: so many askers, each with one ask at a time; milliseconds for all.
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
  async asks(count = 0, window = 1) {
    let next = 0
    const asker = async () => {
      while (next < count) await ask(small(next++))
    }
    return [await timed(() => Promise.all(Array.from({ length: window }, asker)))]
  }
})
