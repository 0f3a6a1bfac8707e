/** Keeps the books on what was said in the sandbox and what came of it. */
import * as Effect from "effect/Effect"
import type { ChatMessage } from "../../../services/discord/DiscordSandbox.ts"

/** What became of an accepted message. Each is due exactly one of the first three. */
export interface Outcomes {
  /** The bot answered. */
  answered: number
  /** The bot said that it was restarted before it could answer, or that it can't, and why. */
  excused: number
  /** The sandbox said that nobody heard it or that the bot did not respond in time. */
  noted: number
  /** The sandbox was killed, and its channel with it. */
  lostWithSandbox: number
  /** Nothing was said at all. */
  silent: number
  /** More than one answer. */
  twice: number
}

const excuses = /I was restarted|Something went wrong|is being restarted|did not finish in time/

interface Entry {
  readonly message: ChatMessage
  /** The lines that answer it, by id, as they read last. */
  readonly answers: Map<string, ChatMessage>
  lost: boolean
}

/** A deferral is no answer yet. */
const isFinal = ({ content }: ChatMessage) => content !== "is thinking…"

export const make = () => {
  const entries = new Map<string, Entry>()
  /** Answers may be heard before the message is known to be accepted. */
  const early = new Map<string, Array<ChatMessage>>()
  const watching = new Set<() => void>()
  const changed = (): void => watching.forEach((look) => look())

  const hear = (line: ChatMessage): void => {
    if (line.answers === null) return
    const entry = entries.get(line.answers)
    if (entry === undefined) early.set(line.answers, [...early.get(line.answers) ?? [], line])
    else {
      entry.answers.set(line.id, line)
      if (isFinal(line)) waiting.get(line.answers)?.()
    }
    changed()
  }
  const waiting = new Map<string, () => void>()
  const isOpen = (entry: Entry) => !entry.lost && ![...entry.answers.values()].some(isFinal)

  return {
    hear,
    accepted: (message: ChatMessage): void => {
      entries.set(message.id, { message, answers: new Map(), lost: false })
      for (const line of early.get(message.id) ?? []) hear(line)
      early.delete(message.id)
    },
    /** The sandbox is gone: what is open stays so for ever. */
    sandboxDied: (): void => {
      for (const entry of entries.values()) if (isOpen(entry)) entry.lost = true
      changed()
    },
    open: () => [...entries.values()].filter(isOpen).map(({ message }) => message),
    /** Waits for the answer to an accepted message; says whether it is the bot's. */
    answered: (id: string): Effect.Effect<boolean> =>
      Effect.callback<void>((resume) => {
        const entry = entries.get(id)
        if (entry === undefined || !isOpen(entry)) return resume(Effect.void)
        waiting.set(id, () => resume(Effect.void))
        return Effect.sync(() => waiting.delete(id))
      }).pipe(
        Effect.andThen(Effect.sync(() => {
          waiting.delete(id)
          return [...entries.get(id)?.answers.values() ?? []].some((line) => isFinal(line) && line.fromBot)
        }))
      ),
    /** Waits until nothing is open. */
    settled: Effect.callback<void>((resume) => {
      const look = (): void => {
        if (![...entries.values()].some(isOpen)) resume(Effect.void)
      }
      watching.add(look)
      look()
      return Effect.sync(() => watching.delete(look))
    }),
    get size() {
      return entries.size
    },
    outcomes: (): Outcomes => {
      const outcomes: Outcomes = { answered: 0, excused: 0, noted: 0, lostWithSandbox: 0, silent: 0, twice: 0 }
      for (const entry of entries.values()) {
        const answers = [...entry.answers.values()].filter(isFinal)
        const [first] = answers
        if (answers.length > 1) outcomes.twice++
        else if (first === undefined) outcomes[entry.lost ? "lostWithSandbox" : "silent"]++
        else if (!first.fromBot) outcomes.noted++
        else outcomes[excuses.test(first.content) ? "excused" : "answered"]++
      }
      return outcomes
    },
    /** What should not be, in words. */
    complaints: (): ReadonlyArray<string> =>
      [...entries.values()].flatMap((entry) => {
        const answers = [...entry.answers.values()].filter(isFinal)
        if (answers.length > 1) {
          return [`"${entry.message.content}" twice: ${answers.map((a) => a.content).join(" | ")}`]
        }
        return answers.length === 0 && !entry.lost ? [`"${entry.message.content}" was never answered`] : []
      })
  }
}
