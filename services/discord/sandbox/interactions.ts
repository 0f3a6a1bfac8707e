/**
 * What people did that the bot has to answer: commands, buttons, menus, forms. Each waits three seconds for an answer, and
 * its token is good for a while.
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomBytes } from "node:crypto"
import { Callback, type Choice, decodeCallback, decodeChoices, decodeFlags, decodeForm, takes } from "./callbacks.ts"
import * as components from "./components.ts"
import type { Files, Upload } from "./files.ts"
import { Flag } from "./frames.ts"
import { type Doing, envelope, Kind } from "./interactionData.ts"
import { isLoading, type Message } from "./message.ts"
import { check, type Draft, isReply } from "./messageBody.ts"
import type { Messages } from "./messages.ts"
import * as replies from "./replies.ts"
import type { Run } from "./run.ts"
import type { Event } from "./sessions.ts"
import type { Settings } from "./settings.ts"
import type { Snowflakes } from "./snowflakes.ts"
import type { Transcript } from "./transcript.ts"
import type { World } from "./world.ts"

export type { Choice } from "./callbacks.ts"

const noResponse = "The application did not respond"

/** A form that the bot showed to somebody. */
export interface Form {
  readonly id: string
  readonly customId: string
  readonly title: string
  readonly components: ReadonlyArray<components.Component>
  readonly doing: Doing
  /** The message whose button opened it. */
  readonly message: Message | undefined
}

/** What somebody did. `id` is of the line that the answer answers. */
export interface Started {
  readonly kind: Kind
  /** As people call it: `/health`. */
  readonly name: string
  readonly doing: Doing
  readonly data: object
  readonly id?: string
  readonly message?: Message | undefined
}

interface Pending extends Started {
  readonly id: string
  readonly token: string
  readonly expiresAtMillis: number
  readonly choices: Deferred.Deferred<ReadonlyArray<Choice>>
  state: "waiting" | "answered" | "dead"
  originalId: string | undefined
}

/** What interactions are made of. */
export interface Parts {
  readonly settings: Settings
  readonly world: World
  readonly snowflakes: Snowflakes
  readonly transcript: Transcript
  readonly messages: Messages
  readonly files: Files
  readonly publish: (event: Event) => void
  readonly run: Run
  readonly showForm: (form: Form) => void
}

export class Interactions {
  readonly #of: Parts
  readonly #byToken = new Map<string, Pending>()

  constructor(of: Parts) {
    this.#of = of
  }

  /** Tells the bot. Without an answer in time its token dies and the person reads so. */
  start(started: Started): Pending {
    const { publish, run, settings, snowflakes, world } = this.#of
    const pending: Pending = {
      ...started,
      id: started.id ?? snowflakes.next(),
      token: randomBytes(48).toString("base64url"),
      expiresAtMillis: performance.now() + Duration.toMillis(settings.interactionTimeToLive),
      choices: Deferred.makeUnsafe(),
      state: "waiting",
      originalId: undefined
    }
    this.#byToken.set(pending.token, pending)
    run(this.#outlive(pending))
    const { data, doing, id, kind, message, token } = pending
    publish({
      t: "INTERACTION_CREATE",
      intent: 0,
      isDirect: doing.channel.guild_id === undefined,
      d: envelope(world, doing, { id, token, type: kind, data, ...(message === undefined ? {} : { message }) })
    })
    return pending
  }

  /** Asks the bot what an option may be; nothing when it does not answer in time. */
  choices(started: Started): Effect.Effect<ReadonlyArray<Choice>> {
    return Effect.suspend(() =>
      Effect.timeoutOrElse(Deferred.await(this.start(started).choices), {
        duration: this.#of.settings.interactionDeadline,
        orElse: () => Effect.succeed([])
      })
    )
  }

  /** POST /interactions/{id}/{token}/callback */
  answer(id: string, token: string, body: unknown, files: ReadonlyArray<Upload>, withResponse: boolean): replies.Reply {
    const pending = this.#byToken.get(token)
    if (pending === undefined || pending.id !== id || pending.state === "dead") return replies.unknownInteraction
    if (pending.state === "answered") return replies.alreadyAcknowledged
    const callback = decodeCallback(body)
    if (Option.isNone(callback)) return replies.invalidForm("type", "BASE_TYPE_REQUIRED", "This field is required.")
    const { data, type } = callback.value
    if (!takes(pending.kind, type, pending.message !== undefined)) {
      return replies.invalidForm("type", "BASE_TYPE_CHOICES", `This interaction cannot be answered with ${type}.`)
    }
    const message = this.#carryOut(pending, type, data ?? {}, files)
    if (message !== undefined && isReply(message)) return message
    pending.state = "answered"
    pending.originalId = message?.id
    return withResponse ? replies.ok(describe(pending, type, message)) : replies.noContent
  }

  /** Does what an answer says; returns the message that is the answer, if it is one. */
  #carryOut(
    pending: Pending,
    type: number,
    data: unknown,
    files: ReadonlyArray<Upload>
  ): Message | replies.Reply | undefined {
    switch (type) {
      case Callback.choices: {
        const decoded = decodeChoices(data)
        if (Option.isNone(decoded)) {
          return replies.invalidForm("choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer choices.")
        }
        Deferred.doneUnsafe(pending.choices, Effect.succeed(decoded.value.choices))
        return undefined
      }
      case Callback.form:
        return this.#show(pending, data)
      case Callback.deferredUpdate:
        return pending.message
      case Callback.update:
        return pending.message && this.#edit(pending.message, data, files)
      case Callback.deferred: {
        const flags = Option.match(decodeFlags(data), { onNone: () => 0, onSome: ({ flags }) => flags ?? 0 })
        return this.#post(pending, { flags: flags | Flag.loading, enforceNonce: false, tts: false }, [])
      }
      default: {
        const draft = check(data, { files: files.length })
        return isReply(draft) ? draft : this.#post(pending, draft, files)
      }
    }
  }

  #show(pending: Pending, data: unknown): replies.Reply | undefined {
    const form = decodeForm(data)
    if (Option.isNone(form)) return replies.invalidForm("title", "BASE_TYPE_BAD_LENGTH", "Not a form.")
    const parts = components.read(form.value.components)
    if (isReply(parts)) return parts
    this.#of.showForm({
      id: pending.id,
      customId: form.value.custom_id,
      title: form.value.title,
      components: parts,
      doing: pending.doing,
      message: pending.message
    })
    return undefined
  }

  /** POST /webhooks/{application}/{token}. The first one after a deferral fills the message that was promised. */
  followUp(token: string, body: unknown, files: ReadonlyArray<Upload>): replies.Reply {
    return this.#withAnswered(token, (pending) => {
      const draft = check(body, { files: files.length })
      if (isReply(draft)) return draft
      const original = this.#of.messages.get(pending.originalId ?? "")
      if (original !== undefined && isLoading(original)) {
        return replies.ok(this.#of.messages.edit(original, draft, this.#attach(original, draft, files)))
      }
      return replies.ok(this.#post(pending, draft, files, original))
    })
  }

  /** Whether there is an interaction with this token. */
  isKnown(token: string): boolean {
    return this.#byToken.has(token)
  }

  /** GET, PATCH and DELETE /webhooks/{application}/{token}/messages/{id or @original} */
  withMessage(token: string, id: string, act: (message: Message) => replies.Reply): replies.Reply {
    return this.#withAnswered(token, (pending) => {
      const message = this.#of.messages.get(id === "@original" ? pending.originalId ?? "" : id)
      const own = message?.interaction_metadata?.id === pending.id || message?.id === pending.originalId
      return message === undefined || !own ? replies.unknownMessage : act(message)
    })
  }

  /** Edits a message (PATCH), for clients that are allowed to. */
  edited(message: Message, body: unknown, files: ReadonlyArray<Upload>): replies.Reply {
    const edited = this.#edit(message, body, files)
    return isReply(edited) ? edited : replies.ok(edited)
  }

  #edit(message: Message, body: unknown, files: ReadonlyArray<Upload>): Message | replies.Reply {
    const draft = check(body, { ...message, files: files.length })
    return isReply(draft) ? draft : this.#of.messages.edit(message, draft, this.#attach(message, draft, files))
  }

  #attach(message: Message, draft: Draft, files: ReadonlyArray<Upload>) {
    return this.#of.files.attach(message.channel_id, draft, files, message.attachments)
  }

  #withAnswered(token: string, act: (pending: Pending) => replies.Reply): replies.Reply {
    const pending = this.#byToken.get(token)
    if (pending === undefined) return replies.expiredToken
    return pending.state === "answered" ? act(pending) : replies.unknownWebhook
  }

  #post(pending: Pending, draft: Draft, files: ReadonlyArray<Upload>, original?: Message): Message {
    const { doing: { channel, user }, id, kind, message } = pending
    return this.#of.messages.post({
      channel: this.#of.world.channels.get(channel.id) ?? channel,
      author: this.#of.world.bot,
      draft,
      attachments: this.#of.files.attach(channel.id, draft, files),
      replyTo: original,
      cause: { id, user, kind, messageId: message?.id, originalId: original?.id }
    })
  }

  /** The life of a token: its deadline, then its end. */
  #outlive(pending: Pending): Effect.Effect<void> {
    const { messages, settings, transcript } = this.#of
    const { doing: { channel }, expiresAtMillis, id, kind, name } = pending
    const complain = () => transcript.note(`${name}: ${noResponse}`, id, channel.id)
    return Effect.gen({ self: this }, function*() {
      yield* Effect.sleep(settings.interactionDeadline)
      if (pending.state === "waiting") {
        pending.state = "dead"
        if (kind !== Kind.autocomplete) complain()
      }
      yield* Effect.sleep(Math.max(0, expiresAtMillis - performance.now()))
      this.#byToken.delete(pending.token)
      const original = messages.get(pending.originalId ?? "")
      if (original !== undefined && isLoading(original)) complain()
    })
  }
}

/** What an answer led to, for those who ask for it. */
const describe = ({ id, kind }: Pending, type: number, message: Message | undefined): object => ({
  interaction: {
    id,
    type: kind,
    ...(message === undefined ? {} : {
      response_message_id: message.id,
      response_message_loading: type === Callback.deferred,
      response_message_ephemeral: ((message.flags ?? 0) & Flag.ephemeral) !== 0
    })
  },
  resource: { type, ...(message === undefined ? {} : { message }) }
})
