/** `/help` lists the commands. */
import * as Effect from "effect/Effect"
import * as Command from "../Command.ts"
import { listOf } from "../commandList.ts"

export default Command.make({
  name: "help",
  description: "What the bot can do",
  locales: { de: { name: "hilfe", description: "Was der Bot kann" } },
  run: ({ bot }) => Effect.succeed(listOf(bot.commands))
})
