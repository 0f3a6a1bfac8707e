/** The messages: the last 1000, sent to the bot's sessions and shown to people. */
import type { APIUser } from "discord-api-types/v10"
import type { ChatMessage } from "../DiscordSandbox.ts"
import { type Channel, ChannelType } from "./channels.ts"
import type { Attachment } from "./files.ts"
import { Flag, intentFor } from "./frames.ts"
import { lineOf } from "./lines.ts"
import { isEphemeral, mentioned, type Message, messageOf, type NewMessage, rich, whereIs } from "./message.ts"
import type { Draft } from "./messageBody.ts"
import { Reactions } from "./reactions.ts"
import type { Event } from "./sessions.ts"
import type { Snowflakes } from "./snowflakes.ts"
import type { Transcript } from "./transcript.ts"
import type { World } from "./world.ts"

const keptMessages = 1000

export class Messages {
  readonly reactions: Reactions
  readonly #world: World
  readonly #snowflakes: Snowflakes
  readonly #transcript: Transcript
  readonly #publish: (event: Event) => void
  readonly #byId = new Map<string, Message>()

  constructor(world: World, snowflakes: Snowflakes, transcript: Transcript, publish: (event: Event) => void) {
    this.#world = world
    this.#snowflakes = snowflakes
    this.#transcript = transcript
    this.#publish = publish
    this.reactions = new Reactions(world, publish)
  }

  get(id: string): Message | undefined {
    const message = this.#byId.get(id)
    return message && this.#complete(message)
  }

  /** The message in this channel, if people can see it there. */
  in(channel: Channel, id: string): Message | undefined {
    const message = this.get(id)
    return message?.channel_id === channel.id && !isEphemeral(message) ? message : undefined
  }

  /** The author's message with this nonce, as far as messages are kept. */
  withNonce(author: APIUser, nonce: string | number): Message | undefined {
    return [...this.#byId.values()].find((message) => message.author.id === author.id && message.nonce === nonce)
  }

  /** A channel's messages that everybody can see, the oldest first. */
  #ofChannel(channel: Channel): Array<Message> {
    return [...this.#byId.values()].filter((message) => message.channel_id === channel.id && !isEphemeral(message))
  }

  /** The newest first, as Discord lists them. */
  list(channel: Channel, page: {
    readonly limit: number
    readonly before: string | null
    readonly after: string | null
    readonly around: string | null
  }): Array<Message> {
    const { after, around, before, limit } = page
    const all = this.#ofChannel(channel)
    if (around !== null) {
      const at = all.findIndex(({ id }) => BigInt(id) >= idOf(around))
      const from = Math.max(0, (at < 0 ? all.length : at) - Math.trunc(limit / 2))
      return all.slice(from, from + limit).map((message) => this.#complete(message)).toReversed()
    }
    return all
      .filter(({ id }) =>
        (before === null || BigInt(id) < idOf(before)) && (after === null || BigInt(id) > idOf(after))
      )
      .slice(after === null ? -limit : 0, after === null ? undefined : limit)
      .map((message) => this.#complete(message))
      .toReversed()
  }

  /** The pinned messages, the one that was pinned last first. */
  pins(channel: Channel): Array<Message> {
    return this.#ofChannel(channel).filter(({ pinned }) => pinned).map((message) => this.#complete(message))
      .toReversed()
  }

  post(wanted: NewMessage): Message {
    const { channel } = wanted
    const message = messageOf(this.#world, this.#snowflakes.next(), wanted)
    this.#byId.set(message.id, message)
    for (const id of this.#byId.keys()) {
      if (this.#byId.size <= keptMessages) break
      this.#forget(id)
    }
    this.#world.channels.wrote(channel, message.id)
    this.#tell("MESSAGE_CREATE", message)
    this.#show(message, wanted.cause?.user)
    return message
  }

  /** Changes what the body names, as PATCH does. `attachments`: all that the message has from now on. */
  edit(message: Message, draft: Draft, attachments: ReadonlyArray<Attachment> = message.attachments): Message {
    const content = draft.content ?? message.content
    return this.#replace({
      ...message,
      content,
      attachments,
      embeds: draft.embeds === undefined ? message.embeds : rich(draft.embeds, attachments),
      components: draft.components ?? message.components,
      mentions: mentioned(this.#world, content),
      flags: ((message.flags ?? 0) & ~Flag.loading) | (draft.flags & Flag.editable),
      edited_timestamp: new Date().toISOString()
    })
  }

  pin(message: Message, pinned: boolean): void {
    this.#replace({ ...message, pinned })
  }

  /** Notes the thread that was begun at a message. */
  thread(message: Message, thread: Channel): void {
    this.#replace({ ...message, thread, flags: (message.flags ?? 0) | Flag.hasThread })
  }

  remove(message: Message): void {
    this.#forget(message.id)
    this.#publish({
      t: "MESSAGE_DELETE",
      ...this.#audience(message),
      d: { id: message.id, channel_id: message.channel_id, ...whereIs(this.#channelOf(message)) }
    })
    this.#transcript.show({ ...this.#line(message), content: "(deleted)", isDeleted: true })
  }

  removeMany(channel: Channel, messages: ReadonlyArray<Message>): void {
    for (const message of messages) {
      this.#forget(message.id)
      this.#transcript.show({ ...this.#line(message), content: "(deleted)", isDeleted: true })
    }
    this.#publish({
      t: "MESSAGE_DELETE_BULK",
      intent: intentFor(channel, "messages"),
      d: { ids: messages.map(({ id }) => id), channel_id: channel.id, ...whereIs(channel) }
    })
  }

  /** Shows a message to people again, because something about it changed that is no edit. */
  refresh(id: string): void {
    const message = this.get(id)
    if (message !== undefined) this.#show(message)
  }

  /** The message as people see it. */
  line(message: Message): ChatMessage {
    return this.#line(message)
  }

  /** Says that somebody is typing. */
  typing(channel: Channel, user: APIUser): void {
    this.#transcript.signal({ _tag: "Typing", channelId: channel.id, author: user.username })
    this.#publish({
      t: "TYPING_START",
      intent: intentFor(channel, "typing"),
      isDirect: channel.type === ChannelType.direct,
      d: {
        channel_id: channel.id,
        user_id: user.id,
        timestamp: Math.trunc(Date.now() / 1000),
        ...whereIs(channel),
        ...(channel.guild_id === undefined ? {} : { member: this.#world.people.member(user) })
      }
    })
  }

  #forget(id: string): void {
    this.#byId.delete(id)
    this.reactions.forget(id)
  }

  #replace(message: Message): Message {
    this.#byId.set(message.id, message)
    const complete = this.#complete(message)
    this.#tell("MESSAGE_UPDATE", complete)
    this.#show(complete)
    return complete
  }

  #complete(message: Message): Message {
    const reactions = this.reactions.of(message.id)
    const { thread } = message
    return {
      ...message,
      ...(reactions.length === 0 ? {} : { reactions }),
      ...(thread === undefined ? {} : { thread: this.#world.channels.get(thread.id) ?? thread })
    }
  }

  #channelOf(message: Message): Channel | undefined {
    return this.#world.channels.get(message.channel_id)
  }

  #audience(message: Message): Pick<Event, "intent" | "isDirect"> {
    const channel = this.#channelOf(message)
    return { intent: intentFor(channel, "messages"), isDirect: channel?.type === ChannelType.direct }
  }

  #line(message: Message, onlyFor?: APIUser) {
    const channel = this.#channelOf(message)
    return lineOf(message, {
      channel: channel === undefined ? "" : this.#world.nameOf(channel),
      onlyFor: isEphemeral(message) ? (onlyFor ?? message.interaction_metadata?.user)?.username : undefined
    })
  }

  #show(message: Message, onlyFor?: APIUser): void {
    this.#transcript.show(this.#line(message, onlyFor))
  }

  #tell(t: "MESSAGE_CREATE" | "MESSAGE_UPDATE", message: Message): void {
    if (isEphemeral(message)) return
    const { people } = this.#world
    const channel = this.#channelOf(message)
    const inGuild = channel?.guild_id !== undefined
    const { user: _, ...member } = people.member(message.author)
    const d = {
      ...message,
      ...whereIs(channel),
      channel_type: channel?.type ?? 0,
      ...(message.webhook_id === undefined && inGuild ? { member } : {}),
      mentions: message.mentions.map((user) => {
        const { user: _, ...member } = people.member(user)
        return inGuild ? { ...user, member } : user
      })
    }
    const bot = this.#world.bot.id
    const forBot = !inGuild || message.author.id === bot || message.mentions.some(({ id }) => id === bot)
    this.#publish({
      t,
      ...this.#audience(message),
      d,
      ...(forBot ? {} : { withoutContent: { ...d, content: "", embeds: [], attachments: [], components: [] } })
    })
  }
}

const idOf = (text: string): bigint => /^\d{1,20}$/.test(text) ? BigInt(text) : 0n
