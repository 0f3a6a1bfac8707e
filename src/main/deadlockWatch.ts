/**
 * Asks the threads which handlers wait for which asks when one of them reports a blocked actor, and has the asks of a deadlock
 * failed.
 *
 * Threads answer at different times, so a deadlock is certain only if a second round, begun after the first has ended, finds
 * the same messages waiting for the same asks: then there was a time between the rounds when all of them waited.
 *
 * ```text
 *   Blocked --> Waits to all --> Waits to those that are stuck --> Withdraw --> Break
 * ```
 *
 * The asks are taken back before any of them fails: a handler that dies of its failure frees its place, and the other ask
 * would start there instead of failing.
 */
import type { ToThread } from "../control/protocol.ts"
import * as deadlocks from "./deadlocks.ts"

/** After asks have failed, their handlers answer or go on; what is stuck then needs another look. */
const againMillis = 10
/** A thread that has not answered within this time is busy, and waits for nothing. */
const answerMillis = 200

export interface DeadlockWatch {
  /** An actor of a thread has been blocked for a while. */
  readonly blocked: () => void
  /** A thread has answered a round. */
  readonly heard: (round: number, report: deadlocks.Report) => void
  /** A thread has taken back its asks of the deadlock. */
  readonly withdrawn: (round: number, thread: string) => void
}

/** Makes the watch. It is idle, in the first or the second round of questions, or has asks withdrawn. */
export const make = (options: {
  /** The threads that are alive. */
  readonly threads: () => ReadonlyArray<string>
  readonly post: (thread: string, message: ToThread) => void
  readonly after: (millis: number, then: () => void) => void
}): DeadlockWatch => {
  let round = 0
  let open = false
  /** An actor was blocked after this round had begun. */
  let again = false
  let asked: ReadonlyArray<string> = []
  let suspects: ReadonlySet<string> | undefined
  const reports = new Map<string, deadlocks.Report>()
  /** The threads whose asks are failed, and those of them that have not taken theirs back yet. */
  let breaking: ReadonlyArray<string> = []
  const withdrawing = new Set<string>()

  const ask = (threads: ReadonlyArray<string>): void => {
    round++
    open = true
    asked = threads
    reports.clear()
    for (const thread of threads) options.post(thread, { _tag: "Waits", round })
    const current = round
    options.after(answerMillis, () => {
      if (round === current && open && breaking.length === 0) end()
    })
  }

  const begin = (): void => {
    again = false
    suspects = undefined
    ask(options.threads())
  }

  const end = (): void => {
    open = false
    if (again) begin()
  }

  const first = (): void => {
    const found = deadlocks.stuck(Array.from(reports.values()))
    if (found.length > 0) {
      suspects = new Set(found.map(deadlocks.identity))
      ask([...new Set(found.map(({ thread }) => thread))])
    } else if (reports.size === asked.length) end()
  }

  const second = (suspects: ReadonlySet<string>): void => {
    if (reports.size < asked.length) return
    const found = deadlocks.closing(
      deadlocks.stuck(Array.from(reports.values()), (waiting) => suspects.has(deadlocks.identity(waiting)))
    )
    if (found.length === 0) return end()
    for (const [thread, closing] of Map.groupBy(found, ({ waiting }) => waiting.thread)) {
      const asks = closing.map(({ cycle, waiting }) => ({ id: waiting.ask.id, cycle }))
      withdrawing.add(thread)
      options.post(thread, { _tag: "Withdraw", round, asks })
    }
    breaking = Array.from(withdrawing)
    const current = round
    options.after(answerMillis, () => {
      if (round === current && breaking.length > 0) fail()
    })
  }

  /** None of the asks can start any more, so that all of them fail. */
  const fail = (): void => {
    for (const thread of breaking) options.post(thread, { _tag: "Break" })
    breaking = []
    withdrawing.clear()
    options.after(againMillis, blocked)
    end()
  }

  const blocked = (): void => {
    if (open) again = true
    else begin()
  }

  return {
    blocked,
    heard(answered, report) {
      if (!open || answered !== round || breaking.length > 0) return
      reports.set(report.thread, report)
      if (suspects === undefined) first()
      else second(suspects)
    },
    withdrawn(answered, thread) {
      if (answered !== round || !withdrawing.delete(thread)) return
      if (withdrawing.size === 0) fail()
    }
  }
}
