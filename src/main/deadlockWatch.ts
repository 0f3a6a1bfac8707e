/**
 * Asks the threads who waits for whom when one of them says that an actor is blocked, and has an ask of a deadlock failed.
 *
 * Each thread answers at a time of its own, so a deadlock is certain only if a second round, begun after the first has
 * ended, finds the same messages waiting for the same asks: in between they all did so at once.
 */
import type { ToThread } from "../control/protocol.ts"
import * as deadlocks from "./deadlocks.ts"

/** After one ask has failed, its handlers answer or go on; what is stuck then needs another. */
const againMillis = 10
/** A thread that has not answered by then does not answer. */
const answerMillis = 200

export interface DeadlockWatch {
  /** An actor of a thread has been blocked for a while. */
  readonly blocked: () => void
  /** A thread has said who waits for whom. */
  readonly heard: (round: number, report: deadlocks.Report) => void
}

export const make = (options: {
  /** The threads that are alive. */
  readonly threads: () => ReadonlyArray<string>
  readonly post: (thread: string, message: ToThread) => void
  readonly after: (millis: number, then: () => void) => void
}): DeadlockWatch => {
  let round = 0
  let open = false
  /** Somebody was blocked after this round had begun. */
  let again = false
  let asked: ReadonlyArray<string> = []
  let suspects: ReadonlySet<string> | undefined
  const reports = new Map<string, deadlocks.Report>()

  const ask = (threads: ReadonlyArray<string>): void => {
    round++
    open = true
    asked = threads
    reports.clear()
    for (const thread of threads) options.post(thread, { _tag: "Waits", round })
    const current = round
    options.after(answerMillis, () => {
      if (round === current && open) end()
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
    const found = deadlocks.choose(
      deadlocks.stuck(Array.from(reports.values()), (waiting) => suspects.has(deadlocks.identity(waiting)))
    )
    if (found !== undefined) {
      const { cycle, victim } = found
      options.post(victim.thread, { _tag: "Break", ask: victim.ask.id, cycle })
      options.after(againMillis, blocked)
    }
    end()
  }

  const blocked = (): void => {
    if (open) again = true
    else begin()
  }

  return {
    blocked,
    heard(answered, report) {
      if (!open || answered !== round) return
      reports.set(report.thread, report)
      if (suspects === undefined) first()
      else second(suspects)
    }
  }
}
