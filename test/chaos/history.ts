/** Reads the evidence of a round: the life of each message, and of each incarnation of an actor. */
import type { Line } from "./evidence.ts"

export interface Mark {
  readonly build: string
  /** The line. */
  readonly at: number
  readonly how: string
}

/** One message, from its sending to its end. */
export interface Message {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly mode: string
  readonly how: string
  readonly timeoutMillis: number
  readonly sentAt: number
  readonly starts: Array<Mark>
  readonly ends: Array<Mark>
  /** What the sender learned; nothing when it never did. */
  got: { readonly outcome: string; readonly millis: number } | undefined
}

/** What the supervisor said. */
export interface Said {
  readonly tag: string
  readonly who: string
  readonly text: string
}

export interface History {
  readonly messages: ReadonlyMap<string, Message>
  readonly said: ReadonlyArray<Said>
  /** Started by nobody's sending. */
  readonly strays: ReadonlyArray<string>
  /** Handled by another actor than they were sent to. */
  readonly misdelivered: ReadonlyArray<{ readonly id: string; readonly to: string; readonly by: string }>
}

export const read = (lines: ReadonlyArray<Line>): History => {
  const messages = new Map<string, Message>()
  const said: Array<Said> = []
  const strays: Array<string> = []
  const misdelivered: Array<{ readonly id: string; readonly to: string; readonly by: string }> = []
  for (const [at, [kind, a = "", b = "", c = "", d = "", e = "", f = ""]] of lines.entries()) {
    switch (kind) {
      case "sent":
        messages.set(c, {
          id: c,
          from: a,
          to: b,
          mode: d,
          how: e,
          timeoutMillis: Number(f),
          sentAt: at,
          starts: [],
          ends: [],
          got: undefined
        })
        break
      case "got": {
        const message = messages.get(b)
        if (message !== undefined) message.got = { outcome: c, millis: Number(d) }
        break
      }
      case "start":
      case "end": {
        const message = messages.get(c)
        if (message === undefined) strays.push(c)
        else if (message.to !== a) misdelivered.push({ id: c, to: message.to, by: a })
        else (kind === "start" ? message.starts : message.ends).push({ build: b, at, how: d })
        break
      }
      case "event":
        said.push({ tag: a, who: b, text: c })
    }
  }
  return { messages, said, strays, misdelivered }
}

/** The message holds one of its actor's places while it runs. */
export const holdsPlace = ({ how, mode }: Message): boolean => mode !== "stream" && how !== "later"

/** The present build of each actor. */
export type Builds = Map<string, string>

/** Takes note of new builds. */
export const noteBuilds = (builds: Builds, lines: ReadonlyArray<Line>): void => {
  for (const [kind, actor = "", build = ""] of lines) if (kind === "built") builds.set(actor, build)
}

/** Messages that a living incarnation has started and not ended. */
export const unfinished = (history: History, builds: Builds): ReadonlyArray<Message> =>
  Array.from(history.messages.values()).filter((message) =>
    message.starts.some(({ build }) =>
      builds.get(message.to) === build && !message.ends.some((end) => end.build === build)
    )
  )
