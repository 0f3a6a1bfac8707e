/** Gives the bot's answers: as a reply to a message, or to an interaction within Discord's 3 seconds. */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { clip } from "./commands.ts"
import type { ApiError, DiscordApi } from "./discordApi.ts"
import type { Interaction, Message } from "./events.ts"

const maxContent = 2000

/** Nobody is pinged by what the bot says: page titles and arguments are other people's words. */
const body = (content: string) => ({ content: clip(content, maxContent), allowed_mentions: { parse: [] } })

/** Answers a message with a reply in its channel. */
export const reply = Effect.fnUntraced(function*(api: DiscordApi, message: Message, answer: Effect.Effect<string>) {
  yield* api.request("post", `/channels/${message.channel_id}/messages`, {
    body: { ...body(yield* answer), message_reference: { message_id: message.id, fail_if_not_exists: false } }
  })
})

/**
 * Answers an interaction.
 *
 * **Details**
 * - Discord gives up after 3 seconds. An answer that is not there after 2 is announced (a deferral, type 5) and then
 *   put in place of the announcement, for which there are 15 minutes.
 */
export const respond = (
  api: DiscordApi,
  { application_id, id, token }: Interaction,
  answer: Effect.Effect<string>
): Effect.Effect<void, ApiError> =>
  Effect.scoped(Effect.gen(function*() {
    const callback = (body: unknown) =>
      api.request("post", `/interactions/${id}/${token}/callback`, { body, signed: false })
    const working = yield* Effect.forkScoped(answer)
    const quick = yield* Effect.timeoutOption(Fiber.join(working), "2 seconds")
    if (Option.isSome(quick)) {
      yield* callback({ type: 4, data: body(quick.value) })
    } else {
      yield* callback({ type: 5 })
      const original = `/webhooks/${application_id}/${token}/messages/@original` as const
      yield* api.request("patch", original, { body: body(yield* Fiber.join(working)), signed: false })
    }
  }))
