/** A message as Discord writes it. */
import type { APIMessage, APIUser } from "discord-api-types/v10"
import type { Channel } from "./channels.ts"
import type { Component } from "./components.ts"
import type { Attachment } from "./files.ts"
import { Flag } from "./frames.ts"
import type { Draft, Embed } from "./messageBody.ts"
import type { Reaction } from "./reactions.ts"
import type { World } from "./world.ts"

export const MessageType = {
  default: 0,
  pinned: 6,
  threadCreated: 18,
  reply: 19,
  command: 20,
  contextMenu: 23
} as const

/** A message as Discord writes it, with the parts that came in a request as they came. */
export type Message =
  & Omit<APIMessage, "components" | "embeds" | "attachments" | "reactions" | "thread" | "type" | "referenced_message">
  & {
    readonly type: number
    readonly embeds: ReadonlyArray<Embed & { readonly type: "rich" }>
    readonly components: ReadonlyArray<Component>
    readonly attachments: ReadonlyArray<Attachment>
    readonly reactions?: ReadonlyArray<Reaction>
    readonly thread?: Channel
    readonly referenced_message?: Message | null
  }

/** The interaction that a message answers. `kind` is its type: 2 is a command, 3 a component, 5 a form. */
export interface Cause {
  readonly id: string
  readonly user: APIUser
  readonly kind: number
  readonly messageId?: string | undefined
  readonly originalId?: string | undefined
}

/** A new message. */
export interface NewMessage {
  readonly channel: Channel
  readonly author: APIUser
  readonly draft: Draft
  readonly attachments?: ReadonlyArray<Attachment> | undefined
  readonly replyTo?: Message | undefined
  readonly cause?: Cause | undefined
  readonly type?: number | undefined
}

/** Writes a new message down. */
export const messageOf = (world: World, id: string, wanted: NewMessage): Message => {
  const { attachments = [], author, channel, draft, replyTo } = wanted
  const content = draft.content ?? ""
  return {
    id,
    channel_id: channel.id,
    author,
    content,
    timestamp: new Date().toISOString(),
    edited_timestamp: null,
    tts: draft.tts,
    mention_everyone: /@(everyone|here)/.test(content),
    mentions: mentioned(world, content, replyTo),
    mention_roles: [...content.matchAll(/<@&(\d+)>/g)].flatMap(([, id = ""]) => world.roles.get(id)?.id ?? []),
    attachments,
    embeds: rich(draft.embeds ?? [], attachments),
    components: draft.components ?? [],
    pinned: false,
    type: wanted.type ?? typeOf(wanted),
    flags: draft.flags,
    ...(draft.nonce === undefined ? {} : { nonce: draft.nonce }),
    ...(replyTo === undefined ? {} : {
      message_reference: { type: 0, channel_id: replyTo.channel_id, message_id: replyTo.id, ...whereIs(channel) },
      referenced_message: replyTo
    }),
    ...causeOf(world, wanted)
  }
}

const causeOf = (world: World, { cause }: NewMessage): object => {
  if (cause === undefined) return {}
  return {
    application_id: world.application.id,
    webhook_id: world.application.id,
    interaction_metadata: {
      id: cause.id,
      type: cause.kind,
      user: cause.user,
      authorizing_integration_owners: { 0: world.guildId },
      ...(cause.messageId === undefined ? {} : { interacted_message_id: cause.messageId }),
      ...(cause.originalId === undefined ? {} : { original_response_message_id: cause.originalId })
    }
  }
}

/** Those whom a message mentions, and the one whom it replies to. */
export const mentioned = (world: World, content: string, replyTo?: Message): Array<APIUser> => {
  const ids = [...content.matchAll(/<@!?(\d+)>/g)].flatMap(([, id]) => id === undefined ? [] : [id])
  const named = [...new Set(ids)].flatMap((id) => world.people.user(id) ?? [])
  return replyTo === undefined || named.some(({ id }) => id === replyTo.author.id) ? named : [...named, replyTo.author]
}

/** What an event says about the guild of a channel; nothing in direct messages. */
export const whereIs = (channel: Channel | undefined): { readonly guild_id?: string } =>
  channel?.guild_id === undefined ? {} : { guild_id: channel.guild_id }

export const isEphemeral = ({ flags }: Pick<Message, "flags">): boolean => ((flags ?? 0) & Flag.ephemeral) !== 0
export const isLoading = ({ flags }: Pick<Message, "flags">): boolean => ((flags ?? 0) & Flag.loading) !== 0

const typeOf = ({ cause, replyTo }: NewMessage): number =>
  cause !== undefined && cause.originalId === undefined && cause.kind === 2
    ? MessageType.command
    : replyTo === undefined
    ? MessageType.default
    : MessageType.reply

/** Embeds name files of their message by `attachment://name`. */
export const rich = (embeds: ReadonlyArray<Embed>, attachments: ReadonlyArray<Attachment>): Message["embeds"] =>
  embeds.map((embed) => ({
    ...embed,
    type: "rich",
    ...(embed.image ? { image: { url: addressOf(embed.image.url, attachments) } } : {}),
    ...(embed.thumbnail ? { thumbnail: { url: addressOf(embed.thumbnail.url, attachments) } } : {})
  }))

const addressOf = (url: string, attachments: ReadonlyArray<Attachment>): string => {
  const name = /^attachment:\/\/(.+)$/.exec(url)?.[1]
  return attachments.find(({ filename }) => filename === name)?.url ?? url
}
