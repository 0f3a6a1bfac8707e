/**
 * What the bot has promised, kept on disk until it is done: reminders, answers that Discord has not taken, and crawls whose end is
 * told in a channel.
 */
import * as Rpc from "effect/rpc/Rpc"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import { PostFailed, Said } from "./DiscordBot.ts"

/** About a day: first after seconds, in the end every ten minutes. A channel that is gone is not tried again. */
const forADay = Schedule.max([
  Schedule.min([Schedule.exponential("2 seconds"), Schedule.spaced("10 minutes")]),
  Schedule.recurs(150)
]).pipe(Schedule.while(({ input }) => !(input instanceof PostFailed) || input.status === 0 || input.status >= 500))

/** Says in a channel what has to be said, once: however often it is tried, Discord is told that it is the same message. */
export class Deliveries extends Actor.Service<Deliveries>()("Deliveries", [
  /** Reminds a person, at the time that `after` gives the message. */
  Actor.durable(
    Rpc.make("Remind", {
      payload: { channelId: Schema.String, userId: Schema.String, text: Schema.String },
      error: PostFailed
    }),
    { retry: forADay }
  ),
  /** An answer that Discord did not take while the bot waited: one for each message. */
  Actor.durable(Rpc.make("Reply", { payload: { messageId: Schema.String, said: Said }, error: PostFailed }), {
    id: ({ messageId }) => messageId,
    retry: forADay
  })
]) {}

/** Crawls sites in the background. One that is cut off goes on where it was, in the next process too. */
export class Reports extends Actor.Service<Reports>()("Reports", [
  /** Crawls a site, and tells the channel what came of it. */
  Actor.durable(
    Rpc.make("Crawl", {
      payload: { channelId: Schema.String, userId: Schema.String, url: Schema.String, maxPages: Schema.Int },
      error: PostFailed
    }),
    { retry: forADay }
  )
]) {}
