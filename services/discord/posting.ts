/** Says something in a channel through the bot, for durable messages: tried again, it is the same message for Discord. */
import * as Effect from "effect/Effect"
import { Actor } from "heddle"
import { createHash } from "node:crypto"
import { DiscordBot, PostFailed, type Said } from "./DiscordBot.ts"

/** As long as Discord lets it be. */
const nonceLength = 25

const nonceOf = (id: string): string => createHash("sha256").update(id).digest("base64url").slice(0, nonceLength)

/** Says it for the durable message that is being handled. A bot that is away is like a Discord that is. */
export const say = Effect.fnUntraced(function*(said: Omit<Said, "nonce">) {
  const { id } = yield* Actor.Message
  const bot = yield* DiscordBot
  yield* bot.Post({ ...said, nonce: nonceOf(id) }, { timeout: "30 seconds" }).pipe(
    Effect.catchTag("ActorError", ({ message }) => new PostFailed({ status: 0, detail: message }))
  )
})
