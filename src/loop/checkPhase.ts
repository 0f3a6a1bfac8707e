/**
 * The check phase of the event loop: it follows the poll phase, in which all ports deliver the messages that have arrived.
 *
 * ```text
 *   poll:  port A delivers | port B delivers | port C delivers      check:  callbacks run
 *          each of these is a tick of its own (tick.ts)
 * ```
 */
import { performance } from "node:perf_hooks"
import { setImmediate } from "node:timers"
import { atEndOfTurn, inTurn } from "./tick.ts"

/** A callback is late if other code of the thread has run for longer than this since a port last delivered. */
const lateMillis = 10

/** After a late callback nothing waits for the check phase for this long. */
const promptMillis = 1000

let waiting: Array<() => void> = []
let lastDeliveryMillis = 0
let promptUntilMillis = 0

const runAll = (): void => {
  const callbacks = waiting
  waiting = []
  const now = performance.now()
  if (now - lastDeliveryMillis > lateMillis) promptUntilMillis = now + promptMillis
  inTurn(() => callbacks.forEach(atEndOfTurn), undefined)
}

/**
 * Calls `f` in the next check phase. If other code of the thread has lately held up that phase, such as a callback that
 * blocks, it calls `f` now.
 */
export const inCheckPhase = (f: () => void): void => {
  const now = performance.now()
  if (now < promptUntilMillis) return f()
  lastDeliveryMillis = now
  if (waiting.length === 0) setImmediate(runAll)
  waiting.push(f)
}

/** Notes that a port has delivered a message: the time up to now was spent on messages. */
export const noteDelivery = (): void => {
  if (waiting.length > 0) lastDeliveryMillis = performance.now()
}
