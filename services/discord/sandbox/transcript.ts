/** What people see: the last lines, then every new one. */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { ChatMessage } from "../DiscordSandbox.ts"
import type { Form } from "./interactions.ts"
import type { Snowflakes } from "./snowflakes.ts"

const remembered = 100

/** What is shown to people and is no line. `Changed`: channels, members, commands or whether a bot is connected did. */
export type Signal =
  | { readonly _tag: "Typing"; readonly channelId: string; readonly author: string }
  | { readonly _tag: "Form"; readonly form: Form }
  | { readonly _tag: "Changed" }

/**
 * **Details**
 * - A line that changed comes again with the same id.
 * - A reader that falls more than 1000 lines behind loses the oldest; writers never wait.
 */
export interface Transcript {
  readonly stream: Stream.Stream<ChatMessage>
  /** What happens that is no line, from now on. */
  readonly signals: Stream.Stream<Signal>
  readonly signal: (signal: Signal) => void
  /** Shows a line and returns it. */
  readonly show: (line: ChatMessage) => ChatMessage
  /** Shows what the sandbox itself has to say, about the line `answers` if that is given. */
  readonly note: (content: string, answers?: string, channelId?: string) => ChatMessage
}

export const make = (snowflakes: Snowflakes): Effect.Effect<Transcript> =>
  Effect.gen(function*() {
    const lines = yield* PubSub.sliding<ChatMessage>({ capacity: 1000, replay: remembered })
    const signals = yield* PubSub.sliding<Signal>(256)
    const show = (line: ChatMessage) => {
      PubSub.publishUnsafe(lines, line)
      return line
    }
    return {
      stream: Stream.fromPubSub(lines),
      signals: Stream.fromPubSub(signals),
      signal: (signal) => void PubSub.publishUnsafe(signals, signal),
      show,
      note: (content, answers, channelId) =>
        show({
          id: snowflakes.next(),
          author: "sandbox",
          fromBot: false,
          content,
          answers: answers ?? null,
          atMillis: Date.now(),
          ...(channelId === undefined ? {} : { channelId })
        })
    }
  })
