/** What the bot does with what it hears: it tells its listeners, and answers commands. */
import * as Effect from "effect/Effect"
import * as answers from "./answers.ts"
import * as commands from "./commands.ts"
import type { ApiError, DiscordApi } from "./discordApi.ts"
import type { BotEvent } from "./DiscordBot.ts"
import { giver, type Heard } from "./events.ts"

export interface Options {
  readonly api: DiscordApi
  readonly sources: commands.Sources
  /** Runs before each command, so that a bot that crashes while it answers doesn't get the same command again. */
  readonly remember: Effect.Effect<void>
  readonly tell: (event: BotEvent) => Effect.Effect<unknown>
}

/** Takes one event; fails when Discord doesn't take the answer. */
export const hear = ({ api, remember, sources, tell }: Options) => {
  const answer = (command: commands.Command): Effect.Effect<string> =>
    Effect.andThen(remember, Effect.suspend(() => commands.run(command, sources))).pipe(
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`The bot's command /${command.name} died`, defect),
          "Something went wrong inside me. The log of the system says what."
        )
      )
    )
  return Effect.fnUntraced(function*(heard: Heard): Effect.fn.Return<void, ApiError> {
    if (heard.kind === "message") {
      const { author, channel_id: channelId, content } = heard.message
      yield* tell({ kind: "message", channelId, author: author.username, content })
      const command = commands.fromText(content)
      if (command !== null) yield* answers.reply(api, heard.message, answer(command))
    } else {
      const { interaction } = heard
      const command = commands.fromInteraction(interaction)
      const content = `/${command.name} ${command.argument}`.trim()
      yield* tell({ kind: "interaction", channelId: interaction.channel_id ?? "", author: giver(interaction), content })
      yield* answers.respond(api, interaction, answer(command))
    }
  })
}
