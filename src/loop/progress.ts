/**
 * Counts tasks, and shows how far they have come. `heddle/Pool` exports it.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Writable } from "node:stream"
import { type Moment, now } from "./monotonic.ts"

/** How far a pool has come. */
export interface Count {
  /** Tasks that have succeeded. */
  readonly done: number
  /** Tasks that have failed for good. */
  readonly failed: number
  /** How many tasks there will be; undefined if that is not known. */
  readonly total: number | undefined
  /** Tasks that have ended, per second, since the first input was taken. */
  readonly perSecond: number
  readonly elapsedMillis: number
}

/**
 * The progress of one `map`; give it to `map` as an option.
 *
 * **Details**
 * - `count`: how far the tasks have come, now.
 * - `changes`: the count each time it has changed, looked at every 100 milliseconds, and once when the tasks have ended. Ends then.
 */
export interface Progress {
  readonly count: Effect.Effect<Count>
  readonly changes: Stream.Stream<Count>
  /** Called by `map`: the first input will be taken; how many there are, if that is known. */
  readonly begin: (total: number | undefined) => Effect.Effect<void>
  /** Called by `map`: a task has ended. */
  readonly record: (outcome: "done" | "failed") => void
  /** Called by `map`: nothing follows. */
  readonly end: Effect.Effect<void>
}

const lookEvery = "100 millis"

/** Makes the progress of one `map`. `total` is needed only for inputs whose number `map` can't see: generators and streams. */
export const makeProgress = (total?: number): Effect.Effect<Progress> =>
  Effect.sync(() => {
    let done = 0
    let failed = 0
    let all = total
    let began: Moment | undefined
    let ended: Moment | undefined

    const count = Effect.map(now, (at): Count => {
      const elapsedMillis = began === undefined ? 0 : (ended ?? at) - began
      const perSecond = elapsedMillis === 0 ? 0 : (done + failed) * 1000 / elapsedMillis
      return { done, failed, total: all, perSecond, elapsedMillis }
    })

    return {
      count,
      changes: Stream.tick(lookEvery).pipe(
        Stream.mapEffect(() => Effect.map(count, (count) => ({ count, isEnded: ended !== undefined }))),
        Stream.takeUntil(({ isEnded }) => isEnded),
        Stream.changesWith((a, b) => !b.isEnded && a.count.done === b.count.done && a.count.failed === b.count.failed),
        Stream.map(({ count }) => count)
      ),
      begin: (known) =>
        Effect.map(now, (at) => {
          all ??= known
          began ??= at
        }),
      record(outcome) {
        if (outcome === "done") done++
        else failed++
      },
      end: Effect.map(now, (at) => {
        ended ??= at
      })
    }
  })

/** One line for a terminal, no wider than `columns`: a bar if the total is known, then numbers. */
export const format = (count: Count, columns = 80): string => {
  const { done, elapsedMillis, failed, perSecond, total } = count
  const ended = done + failed
  const left = total === undefined || perSecond === 0 ? "" : `, ${seconds((total - ended) / perSecond)} left`
  const numbers = `${ended}${total === undefined ? "" : `/${total}`}` +
    `${failed === 0 ? "" : `, ${failed} failed`}, ${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s` +
    (total !== undefined && ended >= total ? ` in ${seconds(elapsedMillis / 1000)}` : left)
  const width = Math.min(40, columns - numbers.length - 3)
  if (total === undefined || width < 8) return numbers.slice(0, columns)
  const filled = total === 0 ? width : Math.floor(Math.min(1, ended / total) * width)
  return `[${"#".repeat(filled)}${".".repeat(width - filled)}] ${numbers}`
}

const seconds = (value: number): string =>
  value < 100 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`

/** A stream that may be a terminal. */
type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/**
 * Writes progress to a terminal until the tasks have ended: one line that is rewritten. Where `out` is no terminal, only the last
 * line is written.
 *
 * **Details**
 * - `out`: default `process.stderr`, so that the program's own output can be piped.
 */
export const draw = (progress: Progress, out: Terminal = process.stderr): Effect.Effect<void> =>
  Effect.gen(function*() {
    const isTerminal = out.isTTY === true
    const write = (count: Count): string => isTerminal ? `\r\u001b[K${format(count, out.columns)}` : ""
    yield* Stream.runForEach(progress.changes, (count) => Effect.sync(() => isTerminal && out.write(write(count))))
    const last = yield* progress.count
    out.write(isTerminal ? "\n" : `${format(last)}\n`)
  })
