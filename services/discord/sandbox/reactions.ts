/** Reactions to messages. */
import type { APIUser } from "discord-api-types/v10"
import { ChannelType } from "./channels.ts"
import { intentFor } from "./frames.ts"
import type { Event } from "./sessions.ts"
import type { World } from "./world.ts"

/** An emoji: a character, or one of a server's by id and name. */
export interface Emoji {
  readonly id: string | null
  readonly name: string
}

/** A message's reactions with one emoji, as Discord writes them. */
export interface Reaction {
  readonly emoji: Emoji
  readonly count: number
  readonly count_details: { readonly burst: number; readonly normal: number }
  readonly me: boolean
  readonly me_burst: boolean
  readonly burst_colors: ReadonlyArray<string>
}

/** Reads an emoji from a path: `👍`, or `name:id`. Undefined for what is none. */
export const emojiOf = (text: string): Emoji | undefined => {
  const [, name, id] = /^(?:a:)?(\w{1,32}):(\d{1,20})$/.exec(text) ?? []
  if (name !== undefined && id !== undefined) return { id, name }
  // One emoji, with its skin tone, or several joined to one; not a digit alone.
  const bare = text.replaceAll("\ufe0f", "")
  return [text, bare, `${bare}\ufe0f`].some((spelling) => /^\p{RGI_Emoji}$/v.test(spelling))
    ? { id: null, name: text }
    : undefined
}

const keyOf = ({ id, name }: Emoji): string => id ?? name.replaceAll("\ufe0f", "")

/** Whom a change concerns: the message, and where it is. */
export interface Place {
  readonly id: string
  readonly channel_id: string
  readonly author: APIUser
}

interface Given {
  readonly emoji: Emoji
  readonly users: Map<string, APIUser>
}

export class Reactions {
  readonly #world: World
  readonly #publish: (event: Event) => void
  readonly #byMessage = new Map<string, Map<string, Given>>()

  constructor(world: World, publish: (event: Event) => void) {
    this.#world = world
    this.#publish = publish
  }

  of(messageId: string): ReadonlyArray<Reaction> {
    return [...this.#byMessage.get(messageId)?.values() ?? []].map(({ emoji, users }) => ({
      emoji,
      count: users.size,
      count_details: { burst: 0, normal: users.size },
      me: users.has(this.#world.bot.id),
      me_burst: false,
      burst_colors: []
    }))
  }

  users(messageId: string, emoji: Emoji): ReadonlyArray<APIUser> {
    return [...this.#byMessage.get(messageId)?.get(keyOf(emoji))?.users.values() ?? []]
  }

  has(messageId: string, emoji: Emoji, user: APIUser): boolean {
    return this.#byMessage.get(messageId)?.get(keyOf(emoji))?.users.has(user.id) === true
  }

  /** Adds somebody's reaction; false when a message has twenty different ones already. */
  add(message: Place, emoji: Emoji, user: APIUser): boolean {
    const all = this.#byMessage.get(message.id) ?? new Map<string, Given>()
    const given = all.get(keyOf(emoji)) ?? { emoji, users: new Map<string, APIUser>() }
    if (given.users.has(user.id)) return true
    if (all.size >= 20 && !all.has(keyOf(emoji))) return false
    this.#byMessage.set(message.id, all.set(keyOf(emoji), given))
    given.users.set(user.id, user)
    this.#tell("MESSAGE_REACTION_ADD", message, {
      user_id: user.id,
      emoji: given.emoji,
      burst: false,
      type: 0,
      message_author_id: message.author.id,
      ...(this.#isDirect(message) ? {} : { member: this.#world.people.member(user) })
    })
    return true
  }

  remove(message: Place, emoji: Emoji, user: APIUser): void {
    const all = this.#byMessage.get(message.id)
    const given = all?.get(keyOf(emoji))
    if (all === undefined || given === undefined || !given.users.delete(user.id)) return
    if (given.users.size === 0) all.delete(keyOf(emoji))
    this.#tell("MESSAGE_REACTION_REMOVE", message, { user_id: user.id, emoji: given.emoji, burst: false, type: 0 })
  }

  removeEmoji(message: Place, emoji: Emoji): void {
    if (this.#byMessage.get(message.id)?.delete(keyOf(emoji)) !== true) return
    this.#tell("MESSAGE_REACTION_REMOVE_EMOJI", message, { emoji })
  }

  removeAll(message: Place): void {
    if (!this.#byMessage.delete(message.id)) return
    this.#tell("MESSAGE_REACTION_REMOVE_ALL", message, {})
  }

  forget(messageId: string): void {
    this.#byMessage.delete(messageId)
  }

  #isDirect({ channel_id }: Place): boolean {
    return this.#world.channels.get(channel_id)?.type === ChannelType.direct
  }

  #tell(t: string, message: Place, of: object): void {
    const channel = this.#world.channels.get(message.channel_id)
    this.#publish({
      t,
      intent: intentFor(channel, "reactions"),
      isDirect: this.#isDirect(message),
      d: {
        channel_id: message.channel_id,
        message_id: message.id,
        ...(channel?.guild_id === undefined ? {} : { guild_id: channel.guild_id }),
        ...of
      }
    })
  }
}
