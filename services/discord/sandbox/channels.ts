/** The places where people write: the guild's channels, threads in them, and direct messages. */
import type { APIUser } from "discord-api-types/v10"
import { noFlags } from "./people.ts"
import type { Snowflakes } from "./snowflakes.ts"

/** Discord's kinds of channels, as far as the sandbox looks at them. */
export const ChannelType = {
  text: 0,
  direct: 1,
  category: 4,
  announcement: 5,
  announcementThread: 10,
  publicThread: 11,
  privateThread: 12
} as const

/** Kinds that a bot may make in a guild: text, voice, category, announcement. */
const makeable: ReadonlySet<number> = new Set([0, 2, 4, 5])

export interface ThreadMember {
  readonly id: string
  readonly user_id: string
  readonly join_timestamp: string
  readonly flags: number
}

/** A channel as Discord writes it. What a kind of channel has not is absent. */
export interface Channel {
  readonly id: string
  readonly type: number
  readonly last_message_id: string | null
  readonly flags: number
  readonly guild_id?: string
  readonly name?: string
  readonly position?: number
  readonly topic?: string | null
  readonly nsfw?: boolean
  readonly rate_limit_per_user?: number
  readonly parent_id?: string | null
  readonly permission_overwrites?: ReadonlyArray<unknown>
  readonly bitrate?: number
  readonly user_limit?: number
  readonly recipients?: ReadonlyArray<APIUser>
  readonly owner_id?: string
  readonly message_count?: number
  readonly total_message_sent?: number
  readonly member_count?: number
  readonly applied_tags?: ReadonlyArray<string>
  readonly thread_metadata?: ThreadMetadata
  readonly last_pin_timestamp?: string | null
}

export interface ThreadMetadata {
  readonly archived: boolean
  readonly archive_timestamp: string
  readonly auto_archive_duration: number
  readonly locked: boolean
  readonly create_timestamp: string
  readonly invitable?: boolean
}

/** What a request may say of a channel that it makes or changes. */
export interface ChannelPatch {
  readonly name?: string | undefined
  readonly topic?: string | null | undefined
  readonly nsfw?: boolean | undefined
  readonly position?: number | null | undefined
  readonly rate_limit_per_user?: number | null | undefined
  readonly parent_id?: string | null | undefined
  readonly permission_overwrites?: ReadonlyArray<unknown> | null | undefined
  readonly archived?: boolean | undefined
  readonly locked?: boolean | undefined
  readonly auto_archive_duration?: number | undefined
}

export const isThread = ({ type }: Channel): boolean =>
  type === ChannelType.publicThread || type === ChannelType.privateThread || type === ChannelType.announcementThread

/** Whether messages can be written there. */
export const takesMessages = ({ type }: Channel): boolean => type !== ChannelType.category

export class Channels {
  readonly #guildId: string
  readonly #botId: string
  readonly #snowflakes: Snowflakes
  readonly #byId = new Map<string, Channel>()
  readonly #threadMembers = new Map<string, Map<string, ThreadMember>>()

  constructor(guildId: string, botId: string, snowflakes: Snowflakes) {
    this.#guildId = guildId
    this.#botId = botId
    this.#snowflakes = snowflakes
  }

  get(id: string): Channel | undefined {
    return this.#byId.get(id)
  }

  /** The guild's channels without its threads. */
  get ofGuild(): Array<Channel> {
    return this.#all((channel) => channel.guild_id !== undefined && !isThread(channel))
  }

  get activeThreads(): Array<Channel> {
    return this.#all((channel) => isThread(channel) && channel.thread_metadata?.archived !== true)
  }

  archivedThreads(parentId: string, type: number): Array<Channel> {
    return this.#all((channel) =>
      channel.parent_id === parentId && channel.type === type && channel.thread_metadata?.archived === true
    )
  }

  #all(keep: (channel: Channel) => boolean): Array<Channel> {
    return [...this.#byId.values()].filter(keep)
  }

  /** Makes a channel of the guild; undefined for a kind that can't be made. */
  make(type: number, name: string, patch: ChannelPatch = {}, id = this.#snowflakes.next()): Channel | undefined {
    if (!makeable.has(type)) return undefined
    return this.#put({
      id,
      type,
      last_message_id: null,
      flags: noFlags,
      guild_id: this.#guildId,
      name: type === ChannelType.text ? slug(name) : name,
      position: this.ofGuild.length,
      topic: patch.topic ?? null,
      nsfw: patch.nsfw ?? false,
      rate_limit_per_user: patch.rate_limit_per_user ?? 0,
      parent_id: patch.parent_id ?? null,
      permission_overwrites: patch.permission_overwrites ?? [],
      ...(type === 2 ? { bitrate: 64_000, user_limit: 0 } : {})
    })
  }

  /** The channel of the direct messages with somebody, if they have begun. */
  directOf(user: APIUser): Channel | undefined {
    return this.#all(({ recipients, type }) => type === ChannelType.direct && recipients?.[0]?.id === user.id)[0]
  }

  /** The channel of the direct messages with somebody; `isNew` when it was made now. */
  direct(user: APIUser): { readonly channel: Channel; readonly isNew: boolean } {
    const known = this.directOf(user)
    if (known !== undefined) return { channel: known, isNew: false }
    const channel = this.#put({
      id: this.#snowflakes.next(),
      type: ChannelType.direct,
      last_message_id: null,
      flags: noFlags,
      recipients: [user]
    })
    return { channel, isNew: true }
  }

  /** Makes a thread, which the bot and its starter belong to. `id`: of the message that it is about. */
  startThread(of: {
    readonly parent: Channel
    readonly name: string
    readonly type: number
    readonly ownerId: string
    readonly id?: string | undefined
    readonly autoArchiveMinutes?: number | undefined
    readonly invitable?: boolean | undefined
  }): Channel {
    const now = new Date().toISOString()
    const id = of.id ?? this.#snowflakes.next()
    this.#threadMembers.set(id, new Map())
    for (const member of new Set([of.ownerId, this.#botId])) this.join(id, member)
    return this.#put({
      id,
      type: of.type,
      last_message_id: null,
      flags: noFlags,
      guild_id: this.#guildId,
      parent_id: of.parent.id,
      name: of.name,
      owner_id: of.ownerId,
      rate_limit_per_user: 0,
      message_count: 0,
      total_message_sent: 0,
      member_count: this.threadMembers(id).length,
      thread_metadata: {
        archived: false,
        archive_timestamp: now,
        auto_archive_duration: of.autoArchiveMinutes ?? 1440,
        locked: false,
        create_timestamp: now,
        ...(of.type === ChannelType.privateThread ? { invitable: of.invitable ?? true } : {})
      }
    })
  }

  patch(channel: Channel, change: ChannelPatch): Channel {
    const { archived, auto_archive_duration, locked, ...rest } = change
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
    const metadata = channel.thread_metadata
    return this.#put({
      ...channel,
      ...given,
      ...(metadata === undefined ? {} : {
        thread_metadata: {
          ...metadata,
          archived: archived ?? metadata.archived,
          locked: locked ?? metadata.locked,
          auto_archive_duration: auto_archive_duration ?? metadata.auto_archive_duration,
          archive_timestamp: archived === undefined || archived === metadata.archived
            ? metadata.archive_timestamp
            : new Date().toISOString()
        }
      })
    })
  }

  /** Notes that a message was written there. */
  wrote(channel: Channel, messageId: string): void {
    this.#put({
      ...channel,
      last_message_id: messageId,
      ...(channel.message_count === undefined ? {} : {
        message_count: channel.message_count + 1,
        total_message_sent: channel.message_count + 1
      })
    })
  }

  pinned(channel: Channel, at: string): void {
    this.#put({ ...channel, last_pin_timestamp: at })
  }

  /** Removes a channel and the threads in it, which are returned. */
  remove(channel: Channel): ReadonlyArray<Channel> {
    const threads = this.#all(({ parent_id }) => parent_id === channel.id).filter(isThread)
    for (const { id } of [channel, ...threads]) {
      this.#byId.delete(id)
      this.#threadMembers.delete(id)
    }
    return threads
  }

  threadMembers(id: string): ReadonlyArray<ThreadMember> {
    return [...this.#threadMembers.get(id)?.values() ?? []]
  }

  join(threadId: string, userId: string): ThreadMember | undefined {
    const members = this.#threadMembers.get(threadId)
    if (members === undefined || members.has(userId)) return undefined
    const member = { id: threadId, user_id: userId, join_timestamp: new Date().toISOString(), flags: noFlags }
    members.set(userId, member)
    this.#countMembers(threadId, members.size)
    return member
  }

  leave(threadId: string, userId: string): boolean {
    const members = this.#threadMembers.get(threadId)
    const left = members?.delete(userId) === true
    if (members !== undefined) this.#countMembers(threadId, members.size)
    return left
  }

  #countMembers(threadId: string, member_count: number): void {
    const thread = this.#byId.get(threadId)
    if (thread !== undefined) this.#put({ ...thread, member_count })
  }

  #put(channel: Channel): Channel {
    this.#byId.set(channel.id, channel)
    return channel
  }
}

/** Text channels have names without capitals and spaces. */
const slug = (name: string): string => name.trim().toLowerCase().replace(/\s+/g, "-")
