/** What all contestants do: so many messages by so many senders, and lone asks. */
import type { Measurements } from "../contestant.ts"

/** A queue whose messages are on disk. */
export interface Queue {
  /** Completes when the message is accepted. */
  readonly tell: (order: number) => Promise<unknown>
  /** Completes when it has run. */
  readonly ask: (order: number) => Promise<unknown>
  /** Completes when all that was told has run. */
  readonly drained: () => Promise<void>
}

/** The text of each message: with its number, about 100 bytes. */
export const text = "a job that carries about as much as an id, an address and a subject line do, and no more."

/** Measures a queue. */
export const drive = ({ ask, drained, tell }: Queue): Measurements => ({
  /** The milliseconds until all are accepted; the work goes on meanwhile, and what is left of it afterwards counts for nothing. */
  tells: async (count = 0, senders = 1) => {
    let next = 0
    const began = performance.now()
    await Promise.all(Array.from({ length: senders }, async () => {
      while (next < count) await tell(next++)
    }))
    const millis = performance.now() - began
    await drained()
    return [millis]
  },
  /** The milliseconds that each lone ask took. */
  asks: async (count = 0) => {
    const millis: Array<number> = []
    for (let order = 0; order < count; order++) {
      const began = performance.now()
      await ask(order)
      millis.push(performance.now() - began)
    }
    return millis
  }
})
