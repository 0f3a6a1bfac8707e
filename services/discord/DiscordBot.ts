/** The Discord bot, as the other actors see it. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/**
 * How the bot's connection to Discord is.
 *
 * **Details**
 * - `state`: `"refused"` when Discord will not have the bot (a wrong token, an intent that is not enabled): it makes no
 *   further login before its thread is restarted. `problem` says why it is not connected; null when it is.
 * - `signAgeMillis`: since Discord last showed life: its greeting, then each heartbeat that it answered. With
 *   `isUncertain` a heartbeat is overdue: the connection may be dead, which shows within 62 seconds at the latest.
 * - `sessionAgeMillis`: since the login; a session that was resumed after a crash keeps its age.
 * - `lastAckAgeMillis`, `latencyMillis`: of the last heartbeat that was answered; null before the first.
 * - `guilds`: servers that the bot was in at its login.
 * - `reconnects`, `resumes`: of this incarnation of the bot; a restart that resumes the session counts as a resume.
 * - `identifiesLeft`: logins that Discord grants before it resets the token, 1000 a day.
 */
export const BotStatus = Schema.Struct({
  state: Schema.Literals(["connecting", "ready", "resuming", "disconnected", "refused"]),
  problem: Schema.NullOr(Schema.String),
  signAgeMillis: Schema.NullOr(Schema.Finite),
  isUncertain: Schema.Boolean,
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

/** What a person said to the bot or in its channels: a message, or a slash command as it would be typed. */
export const BotEvent = Schema.Struct({
  kind: Schema.Literals(["message", "interaction"]),
  channelId: Schema.String,
  author: Schema.String,
  content: Schema.String
})
export type BotEvent = typeof BotEvent.Type

/**
 * Discord didn't take a message. `status` is the HTTP status, 0 when there was no answer. Then, and from 500 on, it may
 * have been said all the same.
 */
export class PostFailed extends Schema.TaggedError<PostFailed>()("PostFailed", {
  status: Schema.Int,
  detail: Schema.String
}) {
  override get message(): string {
    return `Discord did not take the message (HTTP ${this.status}): ${this.detail}`
  }
}

/**
 * What is said in a channel.
 *
 * **Details**
 * - `embeds`, `components`: as Discord takes them.
 * - `replyTo`: the message that it answers, if that is still there.
 * - `mentions`: the people whom it may ping, and nobody else; without it, those whom the text mentions.
 * - `nonce`: up to 25 characters. For a few minutes Discord makes one message of all that have the same.
 */
export const Said = Schema.Struct({
  channelId: Schema.String,
  content: Schema.String,
  embeds: Schema.optionalKey(Schema.Array(Schema.Unknown)),
  components: Schema.optionalKey(Schema.Array(Schema.Unknown)),
  replyTo: Schema.optionalKey(Schema.String),
  mentions: Schema.optionalKey(Schema.Array(Schema.String)),
  nonce: Schema.optionalKey(Schema.String)
})
export type Said = typeof Said.Type

/** What the bot can be asked; each of its shards can. */
export const messages = [
  /** How the connection is. Answers at once, whatever the state. */
  Rpc.make("Status", { success: BotStatus }),
  /** Says something in a channel. Rate limits are waited out, within the ask's timeout. */
  Rpc.make("Post", {
    payload: Said,
    success: Schema.Struct({ messageId: Schema.String }),
    error: PostFailed
  }),
  /** Everything from now on. A reader that falls 256 events behind loses the oldest. */
  Rpc.make("Events", { success: BotEvent, stream: true })
] as const

/** The bot; with several shards the first of them, which also has the direct messages. */
export class DiscordBot extends Actor.Service<DiscordBot>()("DiscordBot", messages) {}
