/** What a person sees in the channel: the last lines, then every new one. */
import type { APIMessage } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { ChatMessage } from "../DiscordSandbox.ts"
import { Flag } from "./frames.ts"
import type { Snowflakes } from "./world.ts"

const remembered = 100

/**
 * **Details**
 * - A line that changed comes again with the same id.
 * - A reader that falls more than 1000 lines behind loses the oldest; writers never wait.
 */
export interface Transcript {
  readonly stream: Stream.Stream<ChatMessage>
  /** Shows a line and returns it. */
  readonly show: (line: ChatMessage) => ChatMessage
  /** Shows what the sandbox itself has to say, about the line `answers` if that is given. */
  readonly note: (content: string, answers?: string) => ChatMessage
}

export const make = (snowflakes: Snowflakes): Effect.Effect<Transcript> =>
  Effect.map(PubSub.sliding<ChatMessage>({ capacity: 1000, replay: remembered }), (lines) => {
    const show = (line: ChatMessage) => {
      PubSub.publishUnsafe(lines, line)
      return line
    }
    return {
      stream: Stream.fromPubSub(lines),
      show,
      note: (content, answers) =>
        show({
          id: snowflakes.next(),
          author: "sandbox",
          fromBot: false,
          content,
          answers: answers ?? null,
          atMillis: Date.now()
        })
    }
  })

/** The message as a line. */
export const lineOf = (message: APIMessage): ChatMessage => ({
  id: message.id,
  author: message.author.username,
  fromBot: message.author.bot === true,
  content: textOf(message),
  answers: message.message_reference?.message_id ?? message.interaction_metadata?.id ?? null,
  atMillis: Date.parse(message.timestamp)
})

/** What has no text shows its embeds' titles and texts. */
const textOf = ({ content, embeds, flags }: APIMessage): string => {
  if (((flags ?? 0) & Flag.loading) !== 0) return "is thinking…"
  if (content !== "") return content
  return embeds.flatMap(({ description, title }) => [title, description]).filter((text) => text !== undefined).join(
    "\n"
  )
}
