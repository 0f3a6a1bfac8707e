/** What people see: the last lines, then every new one. */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { ChatComponent, ChatEmbed, ChatMessage } from "../DiscordSandbox.ts"
import { type Component, ComponentType, linkStyle, within } from "./components.ts"
import { Flag } from "./frames.ts"
import type { Form } from "./interactions.ts"
import type { Message } from "./message.ts"
import type { Snowflakes } from "./snowflakes.ts"

const remembered = 100

/** What is shown to people and is no line. `Changed`: channels, members or commands did. */
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

/** The message as a line. `channel` is what people call its channel; `onlyFor` the one who can see it. */
export const lineOf = (
  message: Message,
  { channel, onlyFor }: { readonly channel: string; readonly onlyFor: string | undefined }
): ChatMessage => {
  const { attachments, components, edited_timestamp, embeds, flags = 0, pinned, reactions = [], thread } = message
  const rows = components.map(rowOf).filter((row) => row.length > 0)
  return {
    id: message.id,
    author: message.author.username,
    fromBot: message.author.bot === true,
    content: (flags & Flag.loading) !== 0 ? "is thinking…" : message.content,
    answers: message.message_reference?.message_id ?? message.interaction_metadata?.id ?? null,
    atMillis: Date.parse(message.timestamp),
    channel,
    channelId: message.channel_id,
    ...(embeds.length === 0 ? {} : { embeds: embeds.map(embedOf) }),
    ...(rows.length === 0 ? {} : { components: rows }),
    ...(attachments.length === 0 ? {} : {
      attachments: attachments.map(({ content_type, filename, size, url }) => ({
        name: filename,
        url,
        bytes: size,
        type: content_type
      }))
    }),
    ...(reactions.length === 0 ? {} : {
      reactions: reactions.map(({ count, emoji: { id, name } }) => ({
        emoji: id === null ? name : `${name}:${id}`,
        name: id === null ? name : `:${name}:`,
        count
      }))
    }),
    ...(thread === undefined ? {} : { thread: { id: thread.id, name: thread.name ?? "" } }),
    ...(onlyFor === undefined ? {} : { onlyFor }),
    ...(edited_timestamp === null ? {} : { isEdited: true }),
    ...(pinned ? { isPinned: true } : {})
  }
}

const embedOf = (embed: Message["embeds"][number]): ChatEmbed => {
  const shown = {
    title: embed.title,
    description: embed.description,
    url: embed.url,
    color: embed.color,
    author: embed.author?.name,
    footer: embed.footer?.text,
    timestamp: embed.timestamp,
    image: embed.image?.url,
    thumbnail: embed.thumbnail?.url,
    fields: embed.fields?.map(({ inline = false, name, value }) => ({ name, value, inline }))
  }
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined && value !== null))
}

const styles = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" } as const
const isStyle = (style: number): style is keyof typeof styles => style in styles

const menuKinds: Readonly<Record<number, string>> = {
  5: "Choose people",
  6: "Choose roles",
  7: "Choose",
  8: "Choose channels"
}

/** What people see of a row, or of anything else at the top of a message. */
const rowOf = (top: Component): ReadonlyArray<ChatComponent> =>
  within(top).flatMap((component): ReadonlyArray<ChatComponent> => {
    const { custom_id: customId, disabled = false, label, options = [], style = 2, type, url } = component
    if (type === ComponentType.button) {
      return [{
        _tag: "Button",
        ...(customId === undefined ? {} : { customId }),
        ...(url === undefined || style !== linkStyle ? {} : { url }),
        label: label ?? component.emoji?.name ?? "",
        style: isStyle(style) ? styles[style] : "secondary",
        disabled
      }]
    }
    if (component.content !== undefined) return [{ _tag: "Text", text: component.content }]
    if (customId === undefined || (type !== ComponentType.stringSelect && menuKinds[type] === undefined)) return []
    return [{
      _tag: "Menu",
      customId,
      placeholder: component.placeholder ?? menuKinds[type] ?? "Make a selection",
      options: options.map(({ description, label, value }) => ({
        label,
        value,
        ...(description === undefined || description === null ? {} : { description })
      })),
      least: component.min_values ?? 1,
      most: component.max_values ?? 1,
      disabled
    }]
  })
