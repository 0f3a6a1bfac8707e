/** Says what was promised. */
import * as Effect from "effect/Effect"
import { Deliveries } from "./Deliveries.ts"
import { DiscordBot } from "./DiscordBot.ts"
import { say } from "./posting.ts"

export default Deliveries.toLayer(
  Effect.gen(function*() {
    const bot = yield* DiscordBot
    const saying = (said: Parameters<typeof say>[0]) => Effect.provideService(say(said), DiscordBot, bot)
    return Deliveries.of({
      Remind: ({ channelId, text, userId }) =>
        saying({ channelId, content: `<@${userId}>, you asked me to remind you: ${text}`, mentions: [userId] }),
      Reply: ({ said }) => saying(said)
    })
  }),
  { concurrency: 16 }
)
