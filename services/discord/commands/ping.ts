/** `/ping` answers at once. */
import * as Effect from "effect/Effect"
import * as Command from "../Command.ts"

export default Command.make({
  name: "ping",
  description: "Answers at once",
  locales: { de: { description: "Antwortet sofort" } },
  run: ({ bot }) =>
    Effect.map(
      bot.status,
      ({ latencyMillis }) =>
        latencyMillis === null ? "Pong!" : `Pong! Discord answers my heartbeats in ${Math.round(latencyMillis)} ms.`
    )
})
