/** Slash commands that people gave: each waits three seconds for an answer, and its token is good for a while. */
import type {
  APIChatInputApplicationCommandGuildInteraction,
  APIMessage,
  APIUser,
  RESTPostAPIInteractionCallbackWithResponseResult
} from "discord-api-types/v10"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { randomBytes } from "node:crypto"
import type { Argument, Command } from "./commands.ts"
import { Flag } from "./frames.ts"
import type { Run } from "./gateway.ts"
import { MessageBody, type Messages } from "./messages.ts"
import * as replies from "./replies.ts"
import type { Event } from "./sessions.ts"
import type { Settings } from "./settings.ts"
import type { Transcript } from "./transcript.ts"
import { locale, permissions, type Worded, type World } from "./world.ts"

const CallbackType = { message: 4, deferred: 5 } as const

const noResponse = "The application did not respond"

const CallbackBody = Schema.Struct({ type: Schema.Int, data: Schema.optionalKey(Schema.NullOr(MessageBody)) })
const decodeCallback = Schema.decodeUnknownOption(CallbackBody)
const decodeMessage = Schema.decodeUnknownOption(MessageBody)

interface Pending {
  readonly id: string
  readonly token: string
  readonly command: string
  readonly user: APIUser
  readonly expiresAtMillis: number
  state: "waiting" | "answered" | "dead"
  originalId: string | undefined
}

/** A message's texts, or the refusal that its body earns. */
export const checkMessage = (body: unknown, edits?: APIMessage): MessageBody | replies.Reply => {
  const message = decodeMessage(body)
  if (Option.isNone(message)) return replies.invalidForm("content", "BASE_TYPE_BAD_TYPE", "Not a message.")
  const { content = edits?.content, embeds = edits?.embeds } = message.value
  if ((content?.length ?? 0) > 2000) {
    return replies.invalidForm("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
  }
  return (content ?? "").trim() === "" && (embeds ?? []).length === 0 ? replies.emptyMessage : message.value
}

export const isReply = (value: object): value is replies.Reply => "status" in value

export class Interactions {
  readonly #settings: Settings
  readonly #world: World
  readonly #transcript: Transcript
  readonly #messages: Messages
  readonly #publish: (event: Event) => void
  readonly #run: Run
  readonly #byToken = new Map<string, Pending>()

  constructor(of: {
    readonly settings: Settings
    readonly world: World
    readonly transcript: Transcript
    readonly messages: Messages
    readonly publish: (event: Event) => void
    readonly run: Run
  }) {
    this.#settings = of.settings
    this.#world = of.world
    this.#transcript = of.transcript
    this.#messages = of.messages
    this.#publish = of.publish
    this.#run = of.run
  }

  /** Tells the bot of a command. Without an answer in time its token dies and the person reads so. */
  start(id: string, user: APIUser, command: Command, options: ReadonlyArray<Argument>): void {
    const { channel, guildId } = this.#world
    const pending: Pending = {
      id,
      token: randomBytes(48).toString("base64url"),
      command: command.name,
      user,
      expiresAtMillis: performance.now() + Duration.toMillis(this.#settings.interactionTimeToLive),
      state: "waiting",
      originalId: undefined
    }
    this.#byToken.set(pending.token, pending)
    this.#run(this.#outlive(pending))
    this.#publish({
      t: "INTERACTION_CREATE",
      intent: 0,
      d: {
        id: pending.id,
        application_id: this.#world.application.id,
        type: 2,
        token: pending.token,
        version: 1,
        guild_id: guildId,
        guild: { id: guildId, locale, features: [] },
        channel_id: channel.id,
        channel,
        member: { ...this.#world.member(user), user, permissions },
        locale,
        guild_locale: locale,
        app_permissions: permissions,
        entitlements: [],
        authorizing_integration_owners: { 0: guildId },
        context: 0,
        attachment_size_limit: 10 << 20,
        data: { id: command.id, name: command.name, type: 1, options }
      } satisfies CommandInteraction
    })
  }

  /** POST /interactions/{id}/{token}/callback */
  answer(id: string, token: string, body: unknown, withResponse: boolean): replies.Reply {
    const pending = this.#byToken.get(token)
    if (pending === undefined || pending.id !== id || pending.state === "dead") return replies.unknownInteraction
    if (pending.state === "answered") return replies.alreadyAcknowledged
    const callback = decodeCallback(body)
    if (Option.isNone(callback)) return replies.invalidForm("type", "BASE_TYPE_REQUIRED", "This field is required.")
    const { data, type } = callback.value
    if (type !== CallbackType.message && type !== CallbackType.deferred) {
      return replies.invalidForm("type", "BASE_TYPE_CHOICES", "The sandbox takes 4 (message) and 5 (deferred).")
    }
    const draft = type === CallbackType.message ? checkMessage(data ?? {}) : { content: "", flags: data?.flags ?? 0 }
    if (isReply(draft)) return draft
    pending.state = "answered"
    const message = this.#post(
      pending,
      type === CallbackType.message ? draft : { ...draft, flags: (draft.flags ?? 0) | Flag.loading }
    )
    pending.originalId = message.id
    if (!withResponse) return replies.noContent
    return replies.ok(
      {
        interaction: {
          id,
          type: 2,
          response_message_id: message.id,
          response_message_loading: type === CallbackType.deferred,
          response_message_ephemeral: ((message.flags ?? 0) & Flag.ephemeral) !== 0
        },
        resource: { type, message }
      } satisfies RESTPostAPIInteractionCallbackWithResponseResult
    )
  }

  /** POST /webhooks/{application}/{token}. The first one after a deferral fills the message that was promised. */
  followUp(token: string, body: unknown): replies.Reply {
    return this.#withAnswered(token, (pending) => {
      const draft = checkMessage(body)
      if (isReply(draft)) return draft
      const original = this.#messages.get(pending.originalId ?? "")
      return replies.ok(
        original !== undefined && isLoading(original)
          ? this.#messages.edit(original, draft)
          : this.#post(pending, draft)
      )
    })
  }

  /** GET, PATCH and DELETE /webhooks/{application}/{token}/messages/{id or @original} */
  withMessage(token: string, id: string, act: (message: APIMessage) => replies.Reply): replies.Reply {
    return this.#withAnswered(token, (pending) => {
      const message = this.#messages.get(id === "@original" ? pending.originalId ?? "" : id)
      const own = message?.interaction_metadata?.id === pending.id
      return message === undefined || !own ? replies.unknownMessage : act(message)
    })
  }

  #withAnswered(token: string, act: (pending: Pending) => replies.Reply): replies.Reply {
    const pending = this.#byToken.get(token)
    if (pending === undefined) return replies.expiredToken
    return pending.state === "answered" ? act(pending) : replies.unknownWebhook
  }

  #post(interaction: Pending, body: MessageBody): APIMessage {
    return this.#messages.post({
      author: this.#world.bot,
      content: body.content ?? "",
      embeds: body.embeds ?? [],
      flags: body.flags ?? 0,
      interaction
    })
  }

  /** The life of a token: its deadline, then its end. */
  #outlive(pending: Pending): Effect.Effect<void> {
    return Effect.gen({ self: this }, function*() {
      yield* Effect.sleep(this.#settings.interactionDeadline)
      if (pending.state === "waiting") {
        pending.state = "dead"
        this.#transcript.note(`/${pending.command}: ${noResponse}`, pending.id)
      }
      yield* Effect.sleep(Math.max(0, pending.expiresAtMillis - performance.now()))
      this.#byToken.delete(pending.token)
      const original = this.#messages.get(pending.originalId ?? "")
      if (original !== undefined && isLoading(original)) {
        this.#transcript.note(`/${pending.command}: ${noResponse}`, pending.id)
      }
    })
  }
}

const isLoading = (message: APIMessage): boolean => ((message.flags ?? 0) & Flag.loading) !== 0

/** The interaction, but for the options: their types are known only to the command that declared them. */
type CommandInteraction =
  & Worded<
    Omit<APIChatInputApplicationCommandGuildInteraction, "data" | "guild">,
    "locale" | "guild_locale"
  >
  & {
    readonly guild: { readonly id: string; readonly locale: string; readonly features: [] }
    readonly data:
      & Omit<APIChatInputApplicationCommandGuildInteraction["data"], "options">
      & { readonly options: ReadonlyArray<Argument> }
  }
