/** What the bot does with what it hears: it tells its listeners, and answers commands. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as answers from "./answers.ts"
import * as commands from "./commands.ts"
import type { ApiError, DiscordApi } from "./discordApi.ts"
import type { BotEvent } from "./DiscordBot.ts"
import { giver, type Heard } from "./events.ts"
import type { Question, SessionStore } from "./session.ts"

export interface Options {
  readonly api: DiscordApi
  readonly sources: commands.Sources
  readonly session: Pick<SessionStore, "asked" | "answered" | "save" | "left">
  readonly tell: (event: BotEvent) => Effect.Effect<unknown>
}

const commandsTotal = Metric.counter("discord_commands_total", { description: "Commands that were run, by name." })

const count = ({ name }: commands.Command): Effect.Effect<void> =>
  // People can type anything, and every name would be kept for ever.
  Metric.update(Metric.withAttributes(commandsTotal, { command: commands.isKnown(name) ? name : "unknown" }), 1)

/**
 * Takes one event; fails when Discord doesn't take the answer.
 *
 * **Details**
 * - A command is noted before it runs: a bot that crashes over it doesn't get it again, and its next incarnation says
 *   that it was not answered (`excuseLeft`).
 */
export const hear = ({ api, session, sources, tell }: Options) => {
  const answer = (question: Question, command: commands.Command) =>
    Effect.suspend(() => {
      session.asked(question)
      return Effect.andThen(session.save, answers.give(api, question, run(command)))
    }).pipe(
      // An interruption is the bot's end: then the question stays.
      Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : Effect.sync(() => session.answered(question)))
    )
  const run = (command: commands.Command): Effect.Effect<string> =>
    Effect.andThen(count(command), Effect.suspend(() => commands.run(command, sources))).pipe(
      Effect.catchDefect((defect) =>
        Effect.as(
          Effect.logError(`The bot's command /${command.name} died`, defect),
          "Something went wrong inside me. The log of the system says what."
        )
      )
    )
  return (heard: Heard): Effect.Effect<void, ApiError> => {
    if (heard.kind === "message") {
      const { author, channel_id: channelId, content, id } = heard.message
      const command = commands.fromText(content)
      return Effect.andThen(
        tell({ kind: "message", channelId, author: author.username, content }),
        command === null ? Effect.void : answer({ _tag: "Message", id, channelId }, command)
      )
    }
    const { application_id: applicationId, channel_id: channelId = "", id, token } = heard.interaction
    const command = commands.fromInteraction(heard.interaction)
    const content = `/${command.name} ${command.argument}`.trim()
    return Effect.andThen(
      tell({ kind: "interaction", channelId, author: giver(heard.interaction), content }),
      answer({ _tag: "Interaction", id, token, applicationId }, command)
    )
  }
}

/** Tells everybody whom the last incarnation left without an answer. */
export const excuseLeft = ({ api, session }: Pick<Options, "api" | "session">) =>
  Effect.forEach(session.left, (question) =>
    Effect.andThen(
      Effect.catch(
        answers.excuse(api, question),
        (error) => Effect.logWarning(`The bot could not say that it left a question unanswered: ${error.message}`)
      ),
      Effect.sync(() => session.answered(question))
    ), { discard: true })
