/** How people see a message: a line of the transcript, with what is around its text. */
import type { ChatComponent, ChatEmbed, ChatMessage } from "../DiscordSandbox.ts"
import { type Component, ComponentType, linkStyle, within } from "./components.ts"
import { Flag } from "./frames.ts"
import { type Message, MessageType } from "./message.ts"

/** The message as a line. `channel` is what people call its channel; `onlyFor` the one who can see it. */
export const lineOf = (
  message: Message,
  { channel, onlyFor }: { readonly channel: string; readonly onlyFor: string | undefined }
): ChatMessage => ({
  id: message.id,
  author: message.author.username,
  fromBot: message.author.bot === true,
  content: textOf(message),
  answers: message.message_reference?.message_id ?? message.interaction_metadata?.id ?? null,
  atMillis: Date.parse(message.timestamp),
  channel,
  channelId: message.channel_id,
  ...shownWith(message),
  ...(onlyFor === undefined ? {} : { onlyFor }),
  ...(message.edited_timestamp === null ? {} : { isEdited: true }),
  ...(message.pinned ? { isPinned: true } : {})
})

/** What a message says; of one that Discord writes by itself, what has happened. */
const textOf = ({ content, flags, type }: Message): string => {
  if (((flags ?? 0) & Flag.loading) !== 0) return "is thinking…"
  if (type === MessageType.pinned) return "has pinned a message."
  return type === MessageType.threadCreated ? `has started the thread **${content}**.` : content
}

type Extras = Pick<ChatMessage, "embeds" | "components" | "attachments" | "reactions" | "thread">

/** What a message has besides its text. */
const shownWith = ({ attachments, components, embeds, reactions = [], thread }: Message): Extras => {
  const rows = components.map(rowOf).filter((row) => row.length > 0)
  return {
    ...(embeds.length === 0 ? {} : { embeds: embeds.map(embedOf) }),
    ...(rows.length === 0 ? {} : { components: rows }),
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(attachmentOf) }),
    ...(reactions.length === 0 ? {} : { reactions: reactions.map(reactionOf) }),
    ...(thread === undefined ? {} : { thread: { id: thread.id, name: thread.name ?? "" } })
  }
}

const attachmentOf = ({ content_type, filename, size, url }: Message["attachments"][number]) => ({
  name: filename,
  url,
  bytes: size,
  type: content_type
})

const reactionOf = ({ count, emoji: { id, name } }: NonNullable<Message["reactions"]>[number]) => ({
  emoji: id === null ? name : `${name}:${id}`,
  name: id === null ? name : `:${name}:`,
  count
})

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
    const { content, custom_id: customId, type } = component
    if (type === ComponentType.button) return [buttonOf(component)]
    if (content !== undefined) return [{ _tag: "Text", text: content }]
    if (customId === undefined || (type !== ComponentType.stringSelect && menuKinds[type] === undefined)) return []
    return [menuOf(component, customId)]
  })

const buttonOf = (
  { custom_id: customId, disabled = false, emoji, label, style = 2, url }: Component
): ChatComponent => ({
  _tag: "Button",
  ...(customId === undefined ? {} : { customId }),
  ...(url === undefined || style !== linkStyle ? {} : { url }),
  label: label ?? emoji?.name ?? "",
  style: isStyle(style) ? styles[style] : "secondary",
  disabled
})

const menuOf = (component: Component, customId: string): ChatComponent => ({
  _tag: "Menu",
  customId,
  placeholder: component.placeholder ?? menuKinds[component.type] ?? "Make a selection",
  options: (component.options ?? []).map(({ description, label, value }) => ({
    label,
    value,
    ...(description === undefined || description === null ? {} : { description })
  })),
  least: component.min_values ?? 1,
  most: component.max_values ?? 1,
  disabled: component.disabled ?? false
})
