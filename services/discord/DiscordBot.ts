/** The Discord bot, as the other actors see it. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** How the bot's connection to Discord is. `lastAckAgeMillis` is the age of the last heartbeat that was answered. */
export const BotStatus = Schema.Struct({
  state: Schema.Literals(["connecting", "ready", "resuming", "disconnected"]),
  mode: Schema.Literals(["sandbox", "discord"]),
  user: Schema.NullOr(Schema.String),
  sessionAgeMillis: Schema.NullOr(Schema.Finite),
  lastAckAgeMillis: Schema.NullOr(Schema.Finite),
  latencyMillis: Schema.NullOr(Schema.Finite),
  guilds: Schema.Int,
  reconnects: Schema.Int,
  resumes: Schema.Int,
  identifiesLeft: Schema.NullOr(Schema.Int)
})
export type BotStatus = typeof BotStatus.Type

/** What the bot saw: a message or a slash command. */
export const BotEvent = Schema.Struct({
  kind: Schema.Literals(["message", "interaction"]),
  channelId: Schema.String,
  author: Schema.String,
  content: Schema.String
})
export type BotEvent = typeof BotEvent.Type

/** Discord refused a request. `status` is the HTTP status, 0 when there was no answer. */
export class PostFailed extends Schema.TaggedError<PostFailed>()("PostFailed", {
  status: Schema.Int,
  detail: Schema.String
}) {
  override get message(): string {
    return `Discord did not take the message (HTTP ${this.status}): ${this.detail}`
  }
}

export class DiscordBot extends Actor.Service<DiscordBot>()("DiscordBot", [
  Rpc.make("Status", { success: BotStatus }),
  Rpc.make("Post", {
    payload: { channelId: Schema.String, content: Schema.String },
    success: Schema.Struct({ messageId: Schema.String }),
    error: PostFailed
  }),
  Rpc.make("Events", { success: BotEvent, stream: true })
]) {}
