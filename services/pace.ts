/**
 * Shares the event loop: long work is done in slices, so that what strangers send never holds a thread up.
 *
 * ```text
 *   turn of the loop:   slice of A │ I/O, timers │ slice of B │ I/O, timers │ slice of A │ …
 * ```
 *
 * All the long work of a thread shares one budget for each turn of the loop; what is not done by then waits in line for a
 * turn of its own. So twenty hostile pages at the same time block the loop no longer than one.
 */
import * as Effect from "effect/Effect"

/** The longest that long work runs in one turn of the loop. One step more may begin before that. */
export const sliceMillis = 8

/** Short work may still be done in a turn that is used up, until it is used up twice; so it needn't stand in line. */
const shortMillis = 0.5

/** Work in steps, each well under a millisecond. Its result comes at the end. */
export type Steps<A> = Generator<void, A, void>

/** When this turn's work began, in milliseconds; undefined when nothing has been done in it yet. */
let beganAtMillis: number | undefined
const line: Array<() => void> = []
let isPumping = false

const isOver = (limitMillis = sliceMillis): boolean => {
  if (beganAtMillis === undefined) {
    beganAtMillis = performance.now()
    setImmediate(() => {
      beganAtMillis = undefined
    })
    return false
  }
  return performance.now() - beganAtMillis >= limitMillis
}

const pump = (): void => {
  beganAtMillis = undefined
  line.shift()?.()
  isPumping = line.length > 0
  if (isPumping) setImmediate(pump)
}

/** Waits for a turn of the loop, after those who have waited longer. */
const nextTurn: Effect.Effect<void> = Effect.callback((resume) => {
  const go = () => resume(Effect.void)
  line.push(go)
  if (!isPumping) {
    isPumping = true
    setImmediate(pump)
  }
  return Effect.sync(() => {
    const at = line.indexOf(go)
    if (at >= 0) line.splice(at, 1)
  })
})

/**
 * Does the work, and lets the loop run whenever the slice is used up.
 *
 * **Gotchas**
 * - Interruption takes effect between two slices.
 */
export const run = <A>(steps: Steps<A>): Effect.Effect<A> =>
  Effect.suspend(() => {
    const beganHere = performance.now()
    do {
      const { done, value } = steps.next()
      if (done === true) return Effect.succeed(value)
    } while (!isOver(performance.now() - beganHere < shortMillis ? 2 * sliceMillis : sliceMillis))
    return Effect.andThen(nextTurn, run(steps))
  })

/** Does the work at one go. */
export const runSync = <A>(steps: Steps<A>): A => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** One step for each item. */
export const each = function*<A>(items: Iterable<A>, work: (item: A) => void): Steps<void> {
  for (const item of items) {
    work(item)
    yield
  }
}

/** Lets the loop run if this turn's slice is used up; for long work that is made of effects. */
export const breath: Effect.Effect<void> = Effect.suspend(() => isOver() ? nextTurn : Effect.void)
