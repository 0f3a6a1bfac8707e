/** The channel's messages: the last 1000, told to the bot's sessions and shown to people. */
import type {
  APIEmbed,
  APIMessage,
  APIUser,
  GatewayMessageCreateDispatchData,
  GatewayMessageDeleteDispatchData,
  GatewayMessageUpdateDispatchData
} from "discord-api-types/v10"
import * as Schema from "effect/Schema"
import { Flag, Intent } from "./frames.ts"
import type { Event } from "./sessions.ts"
import { lineOf, type Transcript } from "./transcript.ts"
import type { Snowflakes, World } from "./world.ts"

const keptMessages = 1000

const MessageType = { default: 0, reply: 19, command: 20 } as const

const Text = Schema.optionalKey(Schema.String)

const Embed = Schema.Struct({
  title: Text,
  description: Text,
  url: Text,
  timestamp: Text,
  color: Schema.optionalKey(Schema.Int),
  footer: Schema.optionalKey(Schema.Struct({ text: Schema.String })),
  author: Schema.optionalKey(Schema.Struct({ name: Schema.String, url: Text })),
  fields: Schema.optionalKey(Schema.mutable(Schema.Array(Schema.Struct({
    name: Schema.String,
    value: Schema.String,
    inline: Schema.optionalKey(Schema.Boolean)
  }))))
})

/** The body of a request that makes or edits a message. What is not named here is taken and ignored. */
export const MessageBody = Schema.Struct({
  content: Schema.optionalKey(Schema.NullOr(Schema.String)),
  embeds: Schema.optionalKey(Schema.NullOr(Schema.mutable(Schema.Array(Embed)))),
  flags: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  nonce: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.String, Schema.Int]))),
  enforce_nonce: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  message_reference: Schema.optionalKey(Schema.NullOr(Schema.Struct({
    message_id: Schema.String,
    fail_if_not_exists: Schema.optionalKey(Schema.NullOr(Schema.Boolean))
  })))
})
export type MessageBody = typeof MessageBody.Type

/** A new message. `interaction` is the command it answers. */
export interface Draft {
  readonly author: APIUser
  readonly content: string
  readonly embeds?: Array<APIEmbed> | undefined
  readonly flags?: number | undefined
  readonly nonce?: string | number | undefined
  readonly replyTo?: APIMessage | undefined
  readonly interaction?: { readonly id: string; readonly user: APIUser } | undefined
}

export class Messages {
  readonly #world: World
  readonly #snowflakes: Snowflakes
  readonly #transcript: Transcript
  readonly #publish: (event: Event) => void
  readonly #byId = new Map<string, APIMessage>()

  constructor(world: World, snowflakes: Snowflakes, transcript: Transcript, publish: (event: Event) => void) {
    this.#world = world
    this.#snowflakes = snowflakes
    this.#transcript = transcript
    this.#publish = publish
  }

  get(id: string): APIMessage | undefined {
    return this.#byId.get(id)
  }

  /** The author's message with this nonce, as far as messages are kept. */
  withNonce(author: APIUser, nonce: string | number): APIMessage | undefined {
    return [...this.#byId.values()].find((message) => message.author.id === author.id && message.nonce === nonce)
  }

  /** The newest first, as Discord lists them. */
  list(limit: number, before: string | null, after: string | null): Array<APIMessage> {
    return [...this.#byId.values()]
      .filter(({ flags = 0, id }) =>
        (flags & Flag.ephemeral) === 0 &&
        (before === null || id < before) && (after === null || id > after)
      )
      .slice(after === null ? -limit : 0, after === null ? undefined : limit)
      .toReversed()
  }

  post(draft: Draft): APIMessage {
    const { author, content, embeds = [], flags = 0, interaction, nonce, replyTo } = draft
    const message = {
      id: this.#snowflakes.next(),
      channel_id: this.#world.channel.id,
      author,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: content.includes("@everyone"),
      mentions: this.#mentioned(content, replyTo),
      mention_roles: [],
      attachments: [],
      embeds,
      components: [],
      pinned: false,
      type: interaction !== undefined ?
        MessageType.command :
        replyTo !== undefined ?
        MessageType.reply :
        MessageType.default,
      flags,
      ...(nonce === undefined ? {} : { nonce }),
      ...(replyTo === undefined ? {} : {
        message_reference: {
          type: 0,
          channel_id: replyTo.channel_id,
          message_id: replyTo.id,
          guild_id: this.#world.guildId
        },
        referenced_message: replyTo
      }),
      ...(interaction === undefined ? {} : {
        application_id: this.#world.application.id,
        webhook_id: this.#world.application.id,
        interaction_metadata: {
          id: interaction.id,
          type: 2,
          user: interaction.user,
          authorizing_integration_owners: { 0: this.#world.guildId }
        }
      })
    } satisfies APIMessage
    this.#byId.set(message.id, message)
    const oldest = this.#byId.keys().next()
    if (this.#byId.size > keptMessages && oldest.done === false) this.#byId.delete(oldest.value)
    this.#world.channel.last_message_id = message.id
    this.#tell("MESSAGE_CREATE", message)
    this.#transcript.show(lineOf(message))
    return message
  }

  /** Changes what the body names, as PATCH does. */
  edit(message: APIMessage, body: MessageBody): APIMessage {
    const content = body.content === undefined ? message.content : body.content ?? ""
    const edited: APIMessage = {
      ...message,
      content,
      embeds: body.embeds === undefined ? message.embeds : body.embeds ?? [],
      mentions: this.#mentioned(content, undefined),
      flags: (message.flags ?? 0) & ~Flag.loading,
      edited_timestamp: new Date().toISOString()
    }
    this.#byId.set(message.id, edited)
    this.#tell("MESSAGE_UPDATE", edited)
    this.#transcript.show(lineOf(edited))
    return edited
  }

  remove(message: APIMessage): void {
    this.#byId.delete(message.id)
    this.#publish({
      t: "MESSAGE_DELETE",
      intent: Intent.guildMessages,
      d: {
        id: message.id,
        channel_id: message.channel_id,
        guild_id: this.#world.guildId
      } satisfies GatewayMessageDeleteDispatchData
    })
    this.#transcript.show({ ...lineOf(message), content: "(deleted)" })
  }

  #mentioned(content: string, replyTo: APIMessage | undefined): Array<APIUser> {
    const ids = [...content.matchAll(/<@!?(\d+)>/g)].flatMap(([, id]) => id === undefined ? [] : [id])
    const mentioned = [...new Set(ids)].flatMap((id) => this.#world.user(id) ?? [])
    return replyTo === undefined || mentioned.some(({ id }) => id === replyTo.author.id)
      ? mentioned
      : [...mentioned, replyTo.author]
  }

  #tell(t: "MESSAGE_CREATE" | "MESSAGE_UPDATE", message: APIMessage): void {
    if (((message.flags ?? 0) & Flag.ephemeral) !== 0) return
    const { user: _, ...member } = this.#world.member(message.author)
    const d = {
      ...message,
      guild_id: this.#world.guildId,
      channel_type: 0,
      ...(message.webhook_id === undefined ? { member } : {}),
      mentions: message.mentions.map((user) => {
        const { user: _, ...member } = this.#world.member(user)
        return { ...user, member }
      })
    } satisfies GatewayMessageCreateDispatchData & GatewayMessageUpdateDispatchData
    const bot = this.#world.bot.id
    const forBot = message.author.id === bot || message.mentions.some(({ id }) => id === bot)
    this.#publish({
      t,
      intent: Intent.guildMessages,
      d,
      ...(forBot ? {} : { withoutContent: { ...d, content: "", embeds: [], attachments: [], components: [] } })
    })
  }
}
