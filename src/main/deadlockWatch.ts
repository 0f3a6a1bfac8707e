/**
 * Asks the threads which handlers wait for which asks when one of them reports a blocked actor, and has the asks of a deadlock
 * failed.
 *
 * Threads answer at different times, so a deadlock is certain only if a second round, begun after the first has ended, finds
 * the same messages waiting for the same asks: then there was a time between the rounds when all of them waited.
 *
 * ```text
 *   Blocked --> Waits to all --> Waits to those that are stuck --> Withdraw --> Break
 *      |                                ^
 *      +--- all of it was reported -----+
 * ```
 *
 * `Blocked` says what the first round asks for, so that is not waited for if every thread of the circle has reported itself,
 * as most times: on a busy machine each exchange takes as long as all others together.
 *
 * The asks are taken back before any of them fails: a handler that dies of its failure frees its place, and the other ask
 * would start there instead of failing.
 */
import type { ToThread } from "../control/protocol.ts"
import * as deadlocks from "./deadlocks.ts"

/** After asks have failed, their handlers answer or go on; what is stuck then needs another look. */
const againMillis = 10
/** A thread that has not answered within this time is busy. It may wait all the same, for the processor for one. */
const answerMillis = 200
/** The others are asked again after twice as long each time, at most this long. */
const longestMillis = 10_000

/** What the watch learns from threads. */
export interface DeadlockWatch {
  /** An actor of a thread has been blocked for a while. */
  readonly blocked: (report: deadlocks.Report) => void
  /** A thread has answered a round. */
  readonly heard: (round: number, report: deadlocks.Report) => void
  /** A thread has taken back its asks of the deadlock. */
  readonly withdrawn: (round: number, thread: string) => void
}

/** How the watch reaches threads. */
export interface Options {
  /** The threads that are alive. */
  readonly threads: () => ReadonlyArray<string>
  readonly post: (thread: string, message: ToThread) => void
  readonly after: (millis: number, then: () => void) => void
}

/** Makes the watch. It is idle, in the first or the second round of questions, or has asks withdrawn. */
export const make = (options: Options): DeadlockWatch => {
  let round = 0
  let open = false
  /** An actor was blocked after this round had begun. */
  let again = false
  let asked: ReadonlyArray<string> = []
  let suspects: ReadonlySet<string> | undefined
  const reports = makeReports()
  const breaking = makeBreaking(options, () => {
    options.after(againMillis, look)
    end()
  })
  const patience = makePatience(options, () => look())

  const ask = (threads: ReadonlyArray<string>): void => {
    const current = ++round
    open = true
    asked = threads
    reports.forgetAnswers()
    for (const thread of threads) options.post(thread, { _tag: "Waits", round })
    options.after(answerMillis, () => {
      if (round !== current || !open || breaking.isUnderWay()) return
      if (suspects !== undefined || reports.areFull()) patience.lookLater()
      end()
    })
  }

  const begin = (report?: deadlocks.Report): void => {
    again = false
    suspects = undefined
    reports.begin(report)
    if (!confirm()) ask(options.threads())
  }
  const end = (): void => {
    open = false
    if (again) begin()
  }

  /** Begins the second round if the first has found something that is stuck. */
  const confirm = (): boolean => {
    const found = deadlocks.stuck(reports.all())
    if (found.length === 0) return false
    suspects = new Set(found.map(deadlocks.identity))
    ask([...new Set(found.map(({ thread }) => thread))])
    return true
  }

  /** Whether all that were asked have answered. */
  const noteAnswers = (): boolean => reports.answers().length === asked.length && patience.reset()

  const second = (suspects: ReadonlySet<string>): void => {
    if (!noteAnswers()) return
    const found = deadlocks.closing(deadlocks.stuck(reports.answers(), isIn(suspects)))
    return found.length === 0 ? end() : breaking.begin(round, found)
  }

  const look = (): void => {
    if (open) again = true
    else begin()
  }

  return {
    blocked(report) {
      if (!open) return begin(report)
      again = true
      if (suspects !== undefined || breaking.isUnderWay()) return
      reports.addEarly(report)
      confirm()
    },
    heard(answered, report) {
      if (!open || answered !== round || breaking.isUnderWay()) return
      reports.addAnswer(report)
      if (suspects !== undefined) second(suspects)
      else if (!confirm() && noteAnswers()) end()
    },
    withdrawn(answered, thread) {
      if (answered === round) breaking.withdrawn(thread)
    }
  }
}

/** Whether a message is one of those that were stuck before. */
const isIn = (suspects: ReadonlySet<string>): Parameters<typeof deadlocks.stuck>[1] => (waiting) =>
  suspects.has(deadlocks.identity(waiting))

/**
 * Looks again after a round that some thread has not answered: what is blocked may be part of a deadlock with that thread, and nothing
 * new need happen in it.
 */
const makePatience = ({ after }: Options, look: () => void) => {
  let times = 0
  let willLook = false
  return {
    lookLater(): void {
      if (willLook) return
      willLook = true
      after(Math.min(answerMillis * 2 ** ++times, longestMillis), () => {
        willLook = false
        look()
      })
    },
    /** All threads have answered. */
    reset(): true {
      times = 0
      return true
    }
  }
}

/** Makes what a round knows: what threads have reported by themselves in it, or to begin it, and what they have answered. */
const makeReports = () => {
  const early = new Map<string, deadlocks.Report>()
  const answers = new Map<string, deadlocks.Report>()
  return {
    begin(report: deadlocks.Report | undefined): void {
      answers.clear()
      early.clear()
      if (report !== undefined) early.set(report.thread, report)
    },
    forgetAnswers: (): void => answers.clear(),
    addEarly: (report: deadlocks.Report): void => void early.set(report.thread, report),
    addAnswer: (report: deadlocks.Report): void => void answers.set(report.thread, report),
    answers: (): ReadonlyArray<deadlocks.Report> => Array.from(answers.values()),
    /** Some actor has no free place. */
    areFull: (): boolean => [...early.values(), ...answers.values()].some(({ full }) => full.length > 0),
    /** The last that each thread has said. */
    all: (): ReadonlyArray<deadlocks.Report> => Array.from(new Map([...early, ...answers]).values())
  }
}

/** Fails the asks of a deadlock: all threads take theirs back before the first one fails. */
const makeBreaking = ({ after, post }: Options, onBroken: () => void) => {
  let threads: ReadonlyArray<string> = []
  let times = 0
  /** Those of the threads that have not taken theirs back yet. */
  const withdrawing = new Set<string>()

  const fail = (): void => {
    for (const thread of threads) post(thread, { _tag: "Break" })
    threads = []
    withdrawing.clear()
    onBroken()
  }

  return {
    isUnderWay: (): boolean => threads.length > 0,
    begin(round: number, found: ReadonlyArray<deadlocks.Closing>): void {
      const byThread = Map.groupBy(found, ({ waiting }) => waiting.thread)
      threads = Array.from(byThread.keys())
      for (const [thread, closing] of byThread) {
        const asks = closing.map(({ cycle, waiting }) => ({ id: waiting.ask.id, cycle }))
        withdrawing.add(thread)
        post(thread, { _tag: "Withdraw", round, asks })
      }
      const time = ++times
      after(answerMillis, () => {
        if (time === times && threads.length > 0) fail()
      })
    },
    withdrawn(thread: string): void {
      if (withdrawing.delete(thread) && withdrawing.size === 0) fail()
    }
  }
}
