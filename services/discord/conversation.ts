/** What the bot does with what it hears: it tells its listeners, and answers commands. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as answers from "./answers.ts"
import * as commands from "./commands.ts"
import type { ApiError, DiscordApi } from "./discordApi.ts"
import type { BotEvent } from "./DiscordBot.ts"
import { giver, type Heard, idOf } from "./events.ts"
import type { Asker, Limits } from "./limiting.ts"
import type { Question, SessionStore } from "./session.ts"

export interface Options {
  readonly sources: commands.Sources
  readonly limits: Limits
  readonly tell: (event: BotEvent) => Effect.Effect<unknown>
}

/** The server that something was heard from. */
export interface Where {
  readonly api: DiscordApi
  readonly session: Pick<SessionStore, "asked" | "answered" | "save" | "hintOnce">
}

const commandsTotal = Metric.counter("discord_commands_total", { description: "Commands that were run, by name." })

const count = ({ name }: commands.Command): Effect.Effect<void> =>
  // People can type anything, and every name would be kept for ever.
  Metric.update(Metric.withAttributes(commandsTotal, { command: commands.isKnown(name) ? name : "unknown" }), 1)

const hint = "I answer commands: `/help` lists them. (I say this once in a channel.)"
const closedChannel = "I don't work in this channel. The operator lists my channels in DISCORD_CHANNELS."

/**
 * Takes one event; fails when Discord doesn't take the answer.
 *
 * **Details**
 * - A command is noted before it runs: a bot that crashes over it doesn't get it again, and its next incarnation says
 *   that it was not answered (`excuseLeft`).
 * - A message that is no command gets a hint about `/help`, once in a channel.
 */
export const hear = ({ limits, sources, tell }: Options) => {
  const give = ({ api, session }: Where, question: Question, answer: answers.Answer) =>
    Effect.suspend(() => {
      session.asked(question)
      return Effect.andThen(session.save, answers.give(api, question, answer))
    }).pipe(
      // An interruption is the bot's end: then the question stays.
      Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : Effect.sync(() => session.answered(question)))
    )
  const run = (command: commands.Command, asker: Asker): answers.Answer => ({
    isSlow: commands.isWork(command),
    text: (progress) =>
      Effect.andThen(count(command), Effect.suspend(() => within(limits, command, asker, sources, progress))).pipe(
        Effect.catchDefect((defect) =>
          Effect.as(
            Effect.logError(`The bot's command /${command.name} died`, defect),
            "Something went wrong inside me. The log of the system says what."
          )
        )
      )
  })
  return (where: Where, heard: Heard): Effect.Effect<void, ApiError> => {
    if (heard.kind === "message") {
      const { author, channel_id: channelId, content, id } = heard.message
      if (!limits.isOpen(channelId)) return Effect.void
      const question: Question = { _tag: "Message", id, channelId }
      const command = commands.fromText(content)
      return Effect.andThen(
        tell({ kind: "message", channelId, author: author.username, content }),
        command !== null
          ? give(where, question, run(command, { userId: idOf(author), channelId }))
          : content.trim() !== "" && where.session.hintOnce(channelId)
          ? give(where, question, answers.text(hint))
          : Effect.void
      )
    }
    const { application_id: applicationId, channel_id: channelId = "", id, token } = heard.interaction
    const question: Question = { _tag: "Interaction", id, token, applicationId }
    if (!limits.isOpen(channelId)) return give(where, question, answers.text(closedChannel))
    const command = commands.fromInteraction(heard.interaction)
    const content = `/${command.name} ${command.argument}`.trim()
    const user = giver(heard.interaction)
    return Effect.andThen(
      tell({ kind: "interaction", channelId, author: user.username, content }),
      give(where, question, run(command, { userId: idOf(user), channelId }))
    )
  }
}

/** Runs a command, work only within the limits. */
const within = (
  limits: Limits,
  command: commands.Command,
  asker: Asker,
  sources: commands.Sources,
  progress: commands.Progress
): Effect.Effect<string> => {
  if (!commands.isWork(command)) return commands.run(command, sources, progress)
  const begun = limits.begin(asker, performance.now())
  if (typeof begun === "string") return Effect.succeed(begun)
  return Effect.ensuring(commands.run(command, sources, progress), Effect.sync(begun.end))
}

/** Tells everybody whom the last incarnation left without an answer. */
export const excuseLeft = ({ api, session }: { readonly api: DiscordApi; readonly session: SessionStore }) =>
  Effect.forEach(session.left, (question) =>
    Effect.andThen(
      Effect.catch(
        answers.excuse(api, question),
        (error) => Effect.logWarning(`The bot could not say that it left a question unanswered: ${error.message}`)
      ),
      Effect.sync(() => session.answered(question))
    ), { discard: true })
