/**
 * What has to hold of keys after every round, by the evidence alone. Pure: the lines go in, the violations come out.
 *
 * ```text
 *   sent   ACTOR KEY ID MODE HOW      got    ACTOR KEY ID OUTCOME       a message, as its sender sees it
 *   asked  ACTOR KEY ID               obeyed ACTOR KEY ID OUTCOME       a stop or a wake
 *   built  ACTOR KEY BUILD INSTANCE   closed ACTOR KEY BUILD            a build of a key
 *   start  ACTOR KEY BUILD ID         end    ACTOR KEY BUILD ID HOW     a handler
 *   letter ACTOR KEY COUNT            given  ACTOR KEY                  dead letters; a key is quarantined
 * ```
 */
import type { Line } from "../evidence.ts"
import { type Name, options } from "./Keyed.ts"

/** What was the same before the round, and goes on after it. */
export interface Before {
  /** The builds that are open, by actor and key. */
  readonly open: Map<string, Build>
  /** Every build that was closed, or was still open when its successor was built. */
  readonly past: Set<string>
  /** The keys that were ever quarantined. */
  readonly given: Set<string>
  /** The keys that were awake at the end of the round before. */
  awake: ReadonlySet<string>
}

/** A build of a key. */
export interface Build {
  readonly name: string
  readonly actor: string
  readonly instance: string
  /** The message that it handles. */
  active: string | undefined
}

export interface Round {
  readonly lines: ReadonlyArray<Line>
  readonly before: Before
  /** The keys that are awake now, by actor and key, as their actors say. */
  readonly awake: ReadonlySet<string>
  /** Threads were ended in this round. */
  readonly crashed: boolean
  /** Threads that are ended run their finalizers, and time is nobody's but the test's. */
  readonly simulated: boolean
}

/** What there was before the first round. */
export const nothing = (): Before => ({ open: new Map(), past: new Set(), given: new Set(), awake: new Set() })

interface Message {
  readonly of: string
  readonly actor: Name
  readonly id: string
  readonly mode: string
  readonly how: string
  readonly sentAt: number
  readonly starts: Array<number>
  readonly ends: Array<string>
  outcome: string
}

const isName = (actor: string): actor is Name => actor in options

/** Follows the builds of all keys, and reads the life of each message. */
export const check = (round: Round): ReadonlyArray<string> => {
  const { awake, before, crashed, lines, simulated } = round
  const found: Array<string> = []
  const messages = new Map<string, Message>()
  const letters = new Map<string, number>()
  const stopping = new Map<string, { readonly of: string; readonly build: Build | undefined }>()
  const stopped = new Set<string>()
  for (const [at, line] of lines.entries()) {
    const [kind = "", actor = "", key = "", third = "", fourth = "", fifth = ""] = line
    const of = `${actor}(${key})`
    const wrong = (text: string): void => void found.push(`${text}: ${line.join(" ")}`)
    switch (kind) {
      case "sent":
        if (isName(actor)) {
          messages.set(third, {
            of,
            actor,
            id: third,
            mode: fourth,
            how: fifth,
            sentAt: at,
            starts: [],
            ends: [],
            outcome: ""
          })
        }
        break
      case "got": {
        const message = messages.get(third)
        if (message !== undefined) message.outcome = fourth
        break
      }
      case "letter":
        letters.set(of, (letters.get(of) ?? 0) + Number(third))
        break
      case "given":
        before.given.add(of)
        break
      case "asked":
        if (third.startsWith("stop")) {
          stopping.set(third, { of, build: before.open.get(of) })
          stopped.add(of)
        }
        break
      case "obeyed": {
        const build = stopping.get(third)?.build
        if (fourth !== "ok" || build === undefined || before.past.has(build.name) || crashed) break
        wrong("K1: a stop is done, and the key is still open")
        break
      }
      case "built": {
        const old = before.open.get(of)
        if (old !== undefined) {
          if (!crashed || simulated) wrong(`F9: ${old.name} was not closed before its successor was built`)
          before.past.add(old.name)
        }
        before.open.set(of, { name: third, actor, instance: fourth, active: undefined })
        const open = Array.from(before.open.values())
        const count = open.filter((build) => build.actor === actor && build.instance === fourth).length
        if (isName(actor) && count > options[actor].capacity && (!crashed || simulated)) {
          wrong(`K4: ${count} keys are awake at the same time`)
        }
        break
      }
      case "closed": {
        if (before.past.has(third)) wrong("K4: a key was closed twice, or after its successor was built")
        before.past.add(third)
        if (before.open.get(of)?.name === third) before.open.delete(of)
        break
      }
      case "start": {
        const build = before.open.get(of)
        if (build?.name !== third) wrong("F9: a message was started by a build that is not the present one")
        else {
          if (build.active !== undefined) wrong(`K2: ${build.active} is still being handled`)
          build.active = fourth
        }
        const message = messages.get(fourth)
        if (message === undefined) wrong("a handler ran for a message that nobody sent")
        else if (message.of !== of) wrong(`the message was sent to ${message.of}`)
        else message.starts.push(at)
        break
      }
      case "end": {
        const build = before.open.get(of)
        if (build?.name === third && build.active === fourth) build.active = undefined
        messages.get(fourth)?.ends.push(fifth)
        break
      }
    }
  }
  const all = Array.from(messages.values())
  const violations = [
    ...found,
    ...all.flatMap((message) => ofMessage(message, round)),
    ...order(all),
    ...accounts(all, letters, crashed),
    ...atRest(round, stopped, awake)
  ]
  if (!simulated) forget(before, awake)
  return violations
}

/** What was open on a thread that is dead was never closed. */
const forget = ({ open, past }: Before, awake: ReadonlySet<string>): void => {
  for (const [of, { name }] of open) {
    if (awake.has(of)) continue
    past.add(name)
    open.delete(of)
  }
}

/** D2, D3, D4: what the sender has learned agrees with what happened. */
const ofMessage = (message: Message, { before, crashed, simulated }: Round): ReadonlyArray<string> => {
  const { actor, ends: [end], ends, how, id, mode, of, outcome, starts } = message
  const found: Array<string> = []
  const wrong = (text: string): void => void found.push(`${text} (${id} to ${of}, ${mode} ${how}: ${outcome})`)
  const { mailbox: { overflow } } = options[actor]
  if (starts.length > 1) wrong("D2: a message was started twice")
  if (ends.length > 1) wrong("a handler ended twice")
  if (outcome === "") wrong("D3: its sender never learned how it ended")
  if (outcome === "wrong") wrong("it has the answer of another message")
  if (outcome.endsWith(":no") && starts.length > 0) wrong("D3: it is said not to have run, and it did")
  if (mode.startsWith("ask") && outcome === "ok" && end !== "ok") wrong(`it succeeded, and its handler ended: ${end}`)
  if (mode.startsWith("ask") && outcome === `refused:${id}` && end !== "refused") wrong(`its handler ended: ${end}`)
  if (outcome.startsWith("refused:") && outcome !== `refused:${id}`) wrong("it has the error of another message")
  if (outcome.startsWith("NotRunning") && !before.given.has(of)) wrong("K3: its key was never given up")
  const mayFill = overflow !== "suspend" || actor === "Strict"
  if (outcome.startsWith("MailboxFull") && !mayFill) wrong("K2: a sender that waits for room has failed")
  if (outcome.startsWith("Crashed") && !crashed && end !== "died" && end !== "cut") {
    wrong(`it was cut off by nothing, its handler ended: ${end}`)
  }
  if (outcome.startsWith("TimedOut") && how !== "hang" && simulated && isPatient(message)) {
    wrong("D5: it ran out of time, and nothing takes that long")
  }
  return found
}

/** Its sender was in no hurry: the plan says so in its mode. */
const isPatient = ({ mode }: Message): boolean => mode.endsWith("patient")

/** D1: messages of one sender to one key start in the order in which they were sent. */
const order = (messages: ReadonlyArray<Message>): ReadonlyArray<string> => {
  const latest = new Map<string, { readonly at: number; readonly id: string }>()
  const found: Array<string> = []
  for (const { id, of, starts: [at] } of messages.toSorted((a, b) => a.sentAt - b.sentAt)) {
    if (at === undefined) continue
    const before = latest.get(of)
    if (before !== undefined && before.at > at) {
      found.push(`D1: ${id} was sent after ${before.id} and started before it (${of})`)
    } else latest.set(of, { at, id })
  }
  return found
}

/** D2, D11: every accepted tell was handled or became a dead letter, which names its key. */
const accounts = (
  messages: ReadonlyArray<Message>,
  letters: ReadonlyMap<string, number>,
  crashed: boolean
): ReadonlyArray<string> =>
  Array.from(Map.groupBy(messages.filter(({ mode }) => mode.startsWith("tell")), ({ of }) => of)).flatMap(
    ([of, tells]) => {
      const dead = letters.get(of) ?? 0
      const lost = tells.filter(({ ends: [end], outcome }) => outcome === "ok" && end !== "ok" && end !== "refused")
      // One that ended in the moment of a crash may be both.
      const most = lost.length + (crashed ? 16 : 0)
      if (dead < lost.length) {
        return [`D2: ${lost.length} tells to ${of} were not handled, and ${dead} are dead letters: ${lost[0]?.id}`]
      }
      return dead > most ? [`D2: ${of} has ${dead} dead letters, and ${most} tells that were not handled`] : []
    }
  )

/** K4, K5: what is awake at rest is what is open, and what was to stay awake is. */
const atRest = ({ before, simulated }: Round, stopped: ReadonlySet<string>, awake: ReadonlySet<string>) => {
  const gone = Array.from(before.awake).filter((of) =>
    of.startsWith("Alive") && !awake.has(of) && !stopped.has(of) && !before.given.has(of)
  )
  const open = new Set(before.open.keys())
  const unknown = Array.from(awake).filter((of) => !open.has(of))
  const hidden = Array.from(open).filter((of) => !awake.has(of) && simulated)
  return [
    ...gone.map((of) => `K5: ${of} was to stay awake, and is not`),
    ...unknown.map((of) => `K4: ${of} is said to be awake, and is closed`),
    ...hidden.map((of) => `K4: ${of} is open, and is not said to be awake`)
  ]
}
