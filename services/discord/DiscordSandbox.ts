/** A local Discord to try the bot against: the chat box of the page talks to it. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** A message in the sandbox's one channel. `answers` is the id of the one that it replies to, if it replies. */
export const ChatMessage = Schema.Struct({
  id: Schema.String,
  author: Schema.String,
  fromBot: Schema.Boolean,
  content: Schema.String,
  answers: Schema.NullOr(Schema.String),
  atMillis: Schema.Finite
})
export type ChatMessage = typeof ChatMessage.Type

export class DiscordSandbox extends Actor.Service<DiscordSandbox>()("DiscordSandbox", [
  /** Where the sandbox listens, as `http://127.0.0.1:PORT`, and the token it accepts; null when a real token is set. */
  Rpc.make("Address", { success: Schema.NullOr(Schema.Struct({ url: Schema.String, token: Schema.String })) }),
  /** Says something in the channel as a person. A text that begins with "/" is sent as a slash command. */
  Rpc.make("Say", { payload: { author: Schema.String, content: Schema.String }, success: ChatMessage }),
  /** The last 100 messages, then every new one. A message that was edited or deleted comes again with the same id. */
  Rpc.make("Transcript", { success: ChatMessage, stream: true })
]) {}
