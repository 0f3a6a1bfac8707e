/**
 * Gives the bot's answers: as a reply to a message, or to an interaction within Discord's 3 seconds.
 *
 * Nothing is answered twice, a crash or an outage in between included: a reply carries the message's id as its nonce,
 * and Discord makes no second message for it; an interaction takes one answer anyway. So whatever an outage held up is
 * tried again.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { ActorError } from "heddle"
import { type ApiError, type DiscordApi, throughOutage } from "./discordApi.ts"
import type { Said } from "./DiscordBot.ts"
import { type Body, text as bodyOfText } from "./reply.ts"
import type { Question } from "./session.ts"

/** Discord knows a nonce "for a few minutes"; what is said again later might be said twice. */
const nonceLives = "3 minutes"
/** How long an interaction can be answered once it was announced. Before that Discord itself says when it is too late. */
const interactionLives = "15 minutes"

/**
 * An answer that is still to be found.
 *
 * **Details**
 * - `isSlow`: it may take longer than Discord waits.
 * - `place`: a message for everybody, one that only the person sees, or the message whose button was pressed. What answers
 *   a message is a message.
 */
export interface Answer<out R = never> {
  readonly isSlow: boolean
  readonly place: "message" | "private" | "update"
  /** Finds it; `progress` shows how far that has come, where there is a place for it. */
  readonly body: (progress: (text: string) => Effect.Effect<void>) => Effect.Effect<Body, never, R>
}

/** Takes an answer to a message that Discord has not taken. */
export type Late<R> = (said: Said, messageId: string) => Effect.Effect<void, ActorError.ActorError, R>

/** An answer that is there. */
export const text = (text: string, place: "message" | "private" = "message"): Answer => ({
  isSlow: false,
  place,
  body: () => Effect.succeed(bodyOfText(text))
})

/** Answers a question. `late` takes an answer to a message that Discord does not take. */
export const give = <R>(api: DiscordApi, question: Question, answer: Answer<R>, late?: Late<R>) =>
  question._tag === "Message"
    ? reply(api, question, answer.body(() => Effect.void), late)
    : answer.isSlow
    ? respondLater(api, question, answer)
    : respond(api, question, answer)

/** Proposes values of an option. Tried once: after three seconds nobody waits for them. */
export const propose = (
  api: DiscordApi,
  question: Of<"Interaction">,
  choices: ReadonlyArray<{ readonly name: string; readonly value: string | number }>
): Effect.Effect<void, ApiError> => Effect.asVoid(callbackOnce(api, question, { type: 8, data: { choices } }))

/** Shows a form. If the person closes it, nothing has to be answered; if they send it, that is a new interaction. */
export const show = (api: DiscordApi, question: Of<"Interaction">, form: object): Effect.Effect<void, ApiError> =>
  once(Effect.asVoid(callback(api, question, { type: 9, data: form }))).pipe(Effect.asVoid)

/** Says that the bot was restarted before it could answer; nothing, when it turns out that it had answered. */
export const excuse = (api: DiscordApi, question: Question) =>
  question._tag === "Message"
    ? reply(api, question, Effect.succeed(bodyOfText(excuseText)))
    : replaceDeferral(api, question)

const excuseText = "I was restarted before I could answer that. Please ask me again."

type Of<Tag extends Question["_tag"]> = Extract<Question, { readonly _tag: Tag }>

const reply = Effect.fnUntraced(
  function*<R>(
    api: DiscordApi,
    { channelId, id }: Of<"Message">,
    answer: Effect.Effect<Body, never, R>,
    late?: Late<R>
  ) {
    const body = yield* answer
    const said = throughOutage(nonceLives)(api.request("post", `/channels/${channelId}/messages`, {
      body: {
        ...body,
        nonce: id,
        enforce_nonce: true,
        message_reference: { message_id: id, fail_if_not_exists: false }
      }
    }))
    const { components, content, embeds } = body
    yield* Effect.catchIf(
      said,
      (error) => late !== undefined && error.isOutage,
      (error) =>
        (late?.({ channelId, content, embeds, components, replyTo: id, mentions: [] }, id) ?? Effect.void).pipe(
          Effect.catch((unkept) =>
            Effect.andThen(Effect.logWarning(`The bot can't keep an answer: ${unkept.message}`), Effect.fail(error))
          )
        )
    )
  }
)

/**
 * Answers an interaction.
 *
 * **Details**
 * - Discord gives up after 3 seconds. An answer that is not there after 2 is announced (a deferral, type 5) and then
 *   put in place of the announcement, for which there are 15 minutes.
 */
const respond = <R>(
  api: DiscordApi,
  question: Of<"Interaction">,
  { body, place }: Answer<R>
): Effect.Effect<void, ApiError, R> =>
  Effect.scoped(Effect.gen(function*() {
    const working = yield* Effect.forkScoped(body(() => Effect.void))
    const quick = yield* Effect.timeoutOption(Fiber.join(working), "2 seconds")
    if (Option.isSome(quick)) {
      const type = place === "update" ? 7 : 4
      yield* once(callback(api, question, { type, data: { ...quick.value, ...flagsOf(place) } }))
    } else {
      yield* announce(api, question, place)
      yield* edit(api, question, yield* Fiber.join(working))
    }
  }))

const flagsOf = (place: Answer["place"]): object => place === "private" ? { flags: onlyForOne } : {}

/** Discord's mark on a message that only one person sees. It keeps the one that the first answer has. */
const onlyForOne = 1 << 6

const announce = (api: DiscordApi, question: Of<"Interaction">, place: Answer["place"]) =>
  once(callback(api, question, place === "update" ? { type: 6 } : { type: 5, data: flagsOf(place) }))

/** Begins what is shown before the answer is there; the next incarnation of the bot knows by it that it is not. */
const working = "⏳ "
const progressEveryMillis = 3000

/**
 * Answers an interaction whose answer takes long: announces it at once, so that whatever happens there is a place for it
 * for 15 minutes, shows how far it has come, and puts the answer there.
 */
const respondLater = Effect.fnUntraced(function*<R>(
  api: DiscordApi,
  question: Of<"Interaction">,
  answer: Answer<R>
) {
  let shownAtMillis = performance.now()
  const progress = (text: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (performance.now() - shownAtMillis < progressEveryMillis) return Effect.void
      shownAtMillis = performance.now()
      // Not tried again: the next one is newer, and the answer must not wait for it.
      return Effect.ignore(
        api.request("patch", original(question), { body: bodyOfText(`${working}${text}`), signed: false })
      )
    })
  yield* announce(api, question, answer.place)
  // The message whose button was pressed stays as it is until the answer is there.
  yield* edit(api, question, yield* answer.body(answer.place === "update" ? () => Effect.void : progress))
})

const callbackOnce = (api: DiscordApi, { id, token }: Of<"Interaction">, body: unknown) =>
  api.request("post", `/interactions/${id}/${token}/callback`, { body, signed: false })

const callback = (api: DiscordApi, question: Of<"Interaction">, body: unknown) =>
  throughOutage(interactionLives)(callbackOnce(api, question, body))

/** Discord's number for an interaction that has its first answer. */
const alreadyAcknowledged = 40_060

/** Takes a refusal of the second attempt for what it is: the first one was taken, and its answer was lost. */
const once = (first: Effect.Effect<unknown, ApiError>) =>
  Effect.catchIf(first, ({ code }) => code === alreadyAcknowledged, () => Effect.void)

/** Discord's number for a message that is not there. */
const unknownMessage = 10_008

/** Puts the answer where it was announced; when somebody has deleted that meanwhile, it is a message of its own. */
const edit = (api: DiscordApi, question: Of<"Interaction">, body: Body) =>
  Effect.catchIf(
    throughOutage(interactionLives)(api.request("patch", original(question), { body, signed: false })),
    ({ code }) => code === unknownMessage,
    () => api.request("post", webhook(question), { body, signed: false })
  )

const webhook = ({ applicationId, token }: Of<"Interaction">) => `/webhooks/${applicationId}/${token}` as const

const original = (question: Of<"Interaction">) => `${webhook(question)}/messages/@original` as const

/** Discord's mark on a message that was announced and is not there yet. */
const loading = 1 << 7
const decodeShown = Schema.decodeUnknownOption(
  Schema.Struct({ flags: Schema.optionalKey(Schema.Int), content: Schema.optionalKey(Schema.String) })
)

const replaceDeferral = Effect.fnUntraced(function*(api: DiscordApi, question: Of<"Interaction">) {
  const first = yield* Effect.result(callback(api, question, { type: 4, data: bodyOfText(excuseText) }))
  // 404: it is too late, and Discord has told the person so.
  if (first._tag === "Success" || first.failure.status === 404) return
  if (first.failure.code !== alreadyAcknowledged) return yield* Effect.fail(first.failure)
  const message = decodeShown(
    yield* throughOutage(interactionLives)(api.request("get", original(question), { signed: false }))
  )
  if (Option.isNone(message)) return
  const { content = "", flags = 0 } = message.value
  if ((flags & loading) !== 0 || content.startsWith(working)) yield* edit(api, question, bodyOfText(excuseText))
})
