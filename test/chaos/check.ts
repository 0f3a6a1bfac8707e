/**
 * What has to hold after every round, by the evidence alone. Pure: the lines go in, the violations come out.
 */
import type { System } from "heddle"
import type { Line } from "./evidence.ts"
import { type Builds, type History, holdsPlace, type Message, read, unfinished } from "./history.ts"
import { type Name, names, options, threads } from "./Subject.ts"

export interface Violation {
  /** What is violated and by what. */
  readonly text: string
  /** The message whose history tells more. */
  readonly id?: string
}

export interface Round {
  readonly lines: ReadonlyArray<Line>
  /** The present builds before the round and after it. */
  readonly before: Builds
  readonly after: Builds
  /** What the supervisor knew before the round and after it. */
  readonly statusBefore: ReadonlyArray<System.ThreadStatus>
  readonly statusAfter: ReadonlyArray<System.ThreadStatus>
  readonly strategy: System.Strategy
  /** Messages may be lost on the way, which no real link does. */
  readonly lossy: boolean
  /** The times of the lines are those of the threads. */
  readonly timed: boolean
}

/** An outcome may take so much longer than its time-out: the machine is shared. */
const slackMillis = 2500

const threadOf = (actor: string): string =>
  Object.entries(threads).find((entry) => entry[1].some((name) => name === actor))?.[0] ?? "main"

export const check = (round: Round): ReadonlyArray<Violation> => {
  const history = read(round.lines)
  const messages = Array.from(history.messages.values())
  return [
    ...history.strays.map((id) => ({ text: "a handler ran for a message that nobody sent", id })),
    ...history.misdelivered.map(({ by, id, to }) => ({ text: `F14: a message to ${to} was handled by ${by}`, id })),
    ...messages.flatMap((message) => ofMessage(message, round)),
    // What a drop has swallowed comes back after the next crash, behind what was sent after it.
    ...(round.lossy ? [] : order(messages)),
    ...(round.timed ? waits(round.lines, messages) : []),
    ...incarnations(round, history),
    ...names.flatMap((name) => accounts(name, messages, history, round)),
    ...names.flatMap((name) => counters(name, messages, history, round)),
    ...Object.keys(threads).flatMap((name) => restarts(name, history, round)),
    ...unfinished(history, round.after).map(({ id }) => ({ text: "the handler neither ended nor crashed", id }))
  ]
}

/** D2, D3, D4: what the sender learned agrees with what happened. */
const ofMessage = (message: Message, round: Round): Array<Violation> => {
  const { ends, from, got, how, id, mode, starts, timeoutMillis, to } = message
  const found: Array<Violation> = []
  const wrong = (text: string): void => void found.push({ text: `${text} (${from} -> ${to}, ${mode} ${how})`, id })

  if (starts.length > 1) wrong("D2: a message was started twice")
  if (ends.length > 1) wrong("a handler ended twice")
  if (got === undefined) {
    if (from === "main") wrong("D3: the sender never learned how it ended")
    return found
  }
  const { millis, outcome } = got
  if (millis > timeoutMillis + slackMillis) {
    wrong(`D3: it was settled after ${millis} ms, its timeout was ${timeoutMillis}`)
  }
  const [what = "", detail = ""] = outcome.split(":")
  const end = ends[0]?.how
  if (what === "died" || what === "wrong") wrong(`the sender got ${outcome}`)
  else if (what === "ok" && mode === "ask" && end !== "ok") {
    wrong(`it succeeded, but its handler ended: ${end ?? "never"}`)
  } else if (what === "refused" && detail !== id) wrong(`it was refused with the error of ${detail}`)
  else if (what === "refused" && mode === "ask" && end !== "refused") {
    wrong(`it was refused, but its handler ended: ${end}`)
  } else if (detail === "no" && starts.length > 0) wrong(`${outcome} says that it did not run, but it did`)
  const untouched = to === "Calm" && round.strategy !== "one-for-all" && !round.lossy
  const fine = what === "ok" || what === "refused" || what === "left" || (what === "TimedOut" && timeoutMillis < 1000)
  if (untouched && !fine) wrong(`F1: an actor that never crashed answered ${outcome}`)
  return found
}

/** D1: messages of one sender to one actor start in the order in which they were sent. */
const order = (messages: ReadonlyArray<Message>): Array<Violation> => {
  const latest = new Map<string, { readonly at: number; readonly id: string }>()
  const found: Array<Violation> = []
  for (const { from, id, starts, to } of messages.toSorted((a, b) => a.sentAt - b.sentAt)) {
    const at = starts[0]?.at
    if (at === undefined) continue
    const before = latest.get(`${from} ${to}`)
    if (before !== undefined && before.at > at) {
      found.push({ text: `D1: ${id} was sent after ${before.id} and started before it (${from} -> ${to})`, id })
    } else latest.set(`${from} ${to}`, { at, id })
  }
  return found
}

/** So long may a running actor have nothing to do while somebody waits for it: a hung thread is known only then. */
const idleMillis = 2500

/** D5: nobody runs out of time at an actor that had nothing to do. */
const waits = (lines: ReadonlyArray<Line>, messages: ReadonlyArray<Message>): Array<Violation> => {
  const timeOf = (line: Line | undefined): number => Number(line?.at(-1) ?? 0)
  return messages.flatMap(({ from, got, id, mode, sentAt, timeoutMillis, to }) => {
    if (got?.outcome !== "TimedOut:no" || timeoutMillis < 2 * idleMillis) return []
    const thread = threadOf(to)
    const active = new Set<string>()
    let up = true
    let idleSince = 0
    let longest = 0
    const until = timeOf(lines[sentAt]) + got.millis
    for (const [at, line] of lines.entries()) {
      const [kind, a, b, c = ""] = line
      if (timeOf(line) > until) break
      const wasIdle = up && active.size === 0
      if (kind === "start" && a === to) active.add(c)
      if (kind === "end" && a === to) active.delete(c)
      if ((kind === "built" || kind === "closed") && a === to) {
        up = kind === "built"
        active.clear()
      }
      if (kind === "event" && (b === thread || b === to) && a !== undefined) {
        if (a === "ThreadExited" || a === "ThreadStalled" || a === "ActorFailed") up = false
        if (a === "ThreadStarted") up = true
      }
      if (at < sentAt) idleSince = timeOf(lines[sentAt])
      else if (wasIdle) longest = Math.max(longest, timeOf(line) - idleSince)
      if (!wasIdle) idleSince = timeOf(line)
    }
    if (up && active.size === 0) longest = Math.max(longest, until - Math.max(idleSince, timeOf(lines[sentAt])))
    return longest < idleMillis
      ? []
      : [{
        text:
          `D5: it timed out unstarted, but the actor had nothing to do for ${longest} ms (${from} -> ${to}, ${mode})`,
        id
      }]
  })
}

/** F9 and concurrency: one incarnation at a time, which closes once and runs no more messages at a time than it may. */
const incarnations = ({ before, lines }: Round, { messages }: History): Array<Violation> => {
  const found: Array<Violation> = []
  const present = new Map(before)
  const past = new Set<string>()
  const closed = new Set<string>()
  const dying = new Set<string>()
  const active = new Map<string, Set<string>>()
  for (const [kind, actor = "", build = "", id = "", how = ""] of lines) {
    if (kind !== "built" && kind !== "closed" && kind !== "start" && kind !== "end") continue
    const wrong = (text: string): void => void found.push({ text: `${text} (${actor} ${build})`, id })
    if (kind === "built") {
      past.add(present.get(actor) ?? "")
      present.set(actor, build)
    } else if (past.has(build)) wrong(`F9: an old incarnation wrote "${kind}" after the next one was built`)
    if (kind === "closed") {
      if (closed.has(build)) wrong("S5: a finalizer ran twice")
      closed.add(build)
    }
    const message = messages.get(id)
    if (message === undefined || (kind !== "start" && kind !== "end")) continue
    const running = active.get(build) ?? new Set()
    active.set(build, running)
    if (kind === "end") {
      running.delete(id)
      if (how === "died") dying.add(build)
      continue
    }
    if (closed.has(build)) wrong("a message was started after the actor was closed")
    if (dying.has(build)) wrong("a message was started by an incarnation that has already died of a defect")
    if (holdsPlace(message)) running.add(id)
    const limit = Object.entries(options).find(([name]) => name === actor)?.[1].concurrency ?? 0
    if (running.size > limit) wrong(`it runs ${running.size} messages at a time: ${Array.from(running).join(", ")}`)
  }
  return found
}

const count = <A>(values: Iterable<A>, fits: (value: A) => boolean): number => Array.from(values).filter(fits).length

/** How often a thread ended, and its actors failed. */
const ends = (thread: string, { said }: History): number =>
  count(
    said,
    ({ tag, who }) => (tag === "ThreadExited" && who === thread) || (tag === "ActorFailed" && threadOf(who) === thread)
  )

/** The thread was terminated, which loses what it said last. */
const wasTerminated = (thread: string, { said }: History): boolean =>
  said.some(({ tag, text, who }) =>
    who === thread &&
    (tag === "ThreadStalled" || tag === "ThreadTerminated" || (tag === "ThreadExited" && /memory|not ready/.test(text)))
  )

/** How many tells of a name the dead letters are about. */
const lettersTo = (actor: string, request: string, { said }: History): number =>
  said.reduce((sum, { tag, text, who }) => {
    const [name, letters] = text.split(" ")
    return tag === "DeadLetter" && who === actor && name === request ? sum + Number(letters) : sum
  }, 0)

/** D2, D11: every accepted tell was handled or became a dead letter. */
const accounts = (to: Name, messages: ReadonlyArray<Message>, history: History, round: Round): Array<Violation> => {
  const found: Array<Violation> = []
  const thread = threadOf(to)
  const crashes = ends(thread, history)
  for (const request of ["Do", "Pass"]) {
    const accepted = messages.filter((message) =>
      message.to === to && message.mode === "tell" && (message.from === "main") === (request === "Do") &&
      message.got?.outcome === "ok"
    )
    const unhandled = accepted.filter(({ ends }) => ends[0]?.how !== "ok" && ends[0]?.how !== "refused")
    // What a thread tells while it is terminated may be lost with it.
    const owed = unhandled.filter(({ from }) => from === "main" || !wasTerminated(threadOf(from), history))
    // Of what a thread had told and not handed over when it died, no more is known than how many it was.
    const dead = lettersTo(to, request, history) + (request === "Pass" ? lettersTo(to, "", history) : 0)
    if (owed.length > dead && !wasTerminated(thread, history) && !round.lossy) {
      found.push({
        text:
          `D2: ${owed.length} tells (${request}) to ${to} were accepted and not handled, but there are ${dead} dead letters`,
        id: owed[0]?.id ?? ""
      })
    }
    // One that ended in the moment of a crash is both. One that a dead sender never knew to be accepted is only dead.
    const unknown = count(
      messages,
      (message) => message.to === to && message.mode === "tell" && message.got === undefined
    )
    const both = crashes === 0 ? 0 : crashes * 16 + count(accepted, ({ how }) => how === "later")
    if (dead > unhandled.length + both + unknown) {
      found.push({
        text: `D2: ${to} has ${dead} dead letters (${request}), but only ${unhandled.length} tells were not handled`
      })
    }
  }
  return found
}

/** The counters of `System.threads` agree with what happened. */
const counters = (name: Name, messages: ReadonlyArray<Message>, history: History, round: Round): Array<Violation> => {
  const handledIn = (status: ReadonlyArray<System.ThreadStatus>): number =>
    status.flatMap(({ actors }) => actors).find((actor) => actor.name === name)?.handled ?? 0
  const handled = handledIn(round.statusAfter) - handledIn(round.statusBefore)
  const mine = messages.filter(({ to }) => to === name)
  const seen = count(mine, ({ ends }) => ends.some(({ how }) => how === "ok" || how === "refused"))
  const crashes = ends(threadOf(name), history)
  // A stream, and a handler that answers later, may end in the moment in which the one who waits for it leaves.
  const slack = count(mine, ({ got, how, mode }) => mode === "stream" || (how === "later" && got?.outcome !== "ok")) +
    (crashes === 0 ? 0 : crashes * 16 + count(mine, ({ how }) => how === "later"))
  return Math.abs(handled - seen) <= slack
    ? []
    : [{ text: `${name} says that it has handled ${handled} messages, but it was ${seen} (give or take ${slack})` }]
}

const restarts = (name: string, { said }: History, round: Round): Array<Violation> => {
  const of = (status: ReadonlyArray<System.ThreadStatus>) => status.find((thread) => thread.name === name)
  const [before, after] = [of(round.statusBefore), of(round.statusAfter)]
  if (before === undefined || after === undefined) return [{ text: `there is no status of thread ${name}` }]
  const seen = (event: string): number => count(said, ({ tag, who }) => tag === event && who === name)
  const found: Array<Violation> = []
  const agree = (what: string, told: number, events: number): void => {
    if (told !== events) {
      found.push({ text: `thread ${name} has ${told} ${what}, but there were ${events} events of it` })
    }
  }
  agree("restarts", after.restarts - before.restarts, seen("ThreadExited"))
  agree("ends of incarnations", after.incarnation - before.incarnation, seen("ThreadExited"))
  if (name === "calm" && round.strategy !== "one-for-all" && after.incarnation !== before.incarnation) {
    found.push({ text: "F8: thread calm was restarted for the failure of a thread after it" })
  }
  return found
}
