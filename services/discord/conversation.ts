/** What the bot does with what it hears: it tells its listeners, and answers commands and buttons. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as answers from "./answers.ts"
import type * as Command from "./Command.ts"
import { listOf } from "./commandList.ts"
import type { ApiError, DiscordApi } from "./discordApi.ts"
import type { BotEvent } from "./DiscordBot.ts"
import { giver, type Heard, idOf, type Interaction, type Message } from "./events.ts"
import { explainActor } from "./explain.ts"
import type { Limits } from "./limiting.ts"
import * as repertoires from "./repertoire.ts"
import { type Body, bodyOf, text as bodyOfText } from "./reply.ts"
import type { Question, SessionStore } from "./session.ts"
import { clip } from "./words.ts"

export interface Options<R> {
  readonly repertoire: repertoires.Repertoire<R>
  readonly bot: Omit<Command.Bot, "commands">
  readonly limits: Limits
  readonly tell: (event: BotEvent) => Effect.Effect<unknown>
}

/** The server that something was heard from. */
export interface Where {
  readonly api: DiscordApi
  readonly session: Pick<SessionStore, "asked" | "answered" | "save" | "hintOnce">
}

const commandsTotal = Metric.counter("discord_commands_total", { description: "Commands that were run, by name." })

const count = (command: string): Effect.Effect<void> =>
  Metric.update(Metric.withAttributes(commandsTotal, { command }), 1)

const hint = "I answer commands: `/help` lists them. (I say this once in a channel.)"
const closedChannel = "I don't work in this channel. The operator lists my channels in DISCORD_CHANNELS."
const broken = "Something went wrong inside me. The log of the system says what."
const lacking = "You lack the permissions that this takes."
const goneButton = "That button does nothing any more."

/** Language of people of whom Discord does not say it. */
const usualLocale = "en-US"
const proposedWithin = "2 seconds"

type Asked = Omit<Command.Asked, "progress">

/**
 * Takes one event; fails when Discord doesn't take the answer.
 *
 * **Details**
 * - A command is noted before it runs: a bot that crashes over it doesn't get it again, and its next incarnation says
 *   that it was not answered (`excuseLeft`).
 * - A message that is no command gets a hint about `/help`, once in a channel, if there is such a command.
 */
export const hear = <R>(
  options: Options<R>
): (where: Where, heard: Heard) => Effect.Effect<void, ApiError, R> => {
  const { limits, repertoire, tell } = options
  const bot = { ...options.bot, commands: repertoire.registered }
  const talk: Talk<R> = { repertoire, limits, tell, bot, answering: answeringWith(limits) }
  return (where, heard) =>
    heard.kind === "message" ? message(talk, where, heard.message) : interaction(talk, where, heard.interaction)
}

/** What the bot answers with. */
interface Talk<R> extends Pick<Options<R>, "repertoire" | "limits" | "tell"> {
  readonly bot: Command.Bot
  readonly answering: ReturnType<typeof answeringWith>
}

const message = <R>(talk: Talk<R>, where: Where, heard: Message): Effect.Effect<void, ApiError, R> => {
  const { limits, repertoire, tell } = talk
  const { author, channel_id: channelId, content, id } = heard
  if (!limits.isOpen(channelId)) return Effect.void
  const question: Question = { _tag: "Message", id, channelId }
  const command = repertoire.read(content)
  const hinted = content.trim() !== "" && repertoire.find("help") !== undefined
  return Effect.andThen(
    tell({ kind: "message", channelId, author: author.username, content }),
    Option.isSome(command)
      ? give(where, question, typed(talk, heard, command.value))
      : hinted && where.session.hintOnce(channelId)
      ? give(where, question, answers.text(hint))
      : Effect.void
  )
}

/** The answer to a command that was typed as a message. */
const typed = <R>(
  { answering, bot, repertoire }: Talk<R>,
  { author, channel_id: channelId, guild_id }: Message,
  command: repertoires.Typed
): answers.Answer<R> => {
  const found = repertoire.find(command.name)
  if (found === undefined) return unknownCommand(repertoire, command.name)
  if (found.isPrivate || found.permissions !== 0n) {
    return answers.text(`Give \`/${command.name}\` as a slash command: pick it from the list that "/" opens.`)
  }
  if (!found.registered.contexts.includes(guild_id === undefined ? 1 : 0)) return answers.text("Not here.")
  const user = { id: idOf(author), name: author.username }
  const asked: Asked = { user, channelId, guildId: guild_id ?? null, locale: usualLocale, bot }
  return Result.match(repertoires.valuesOf(found, command.argument), {
    onFailure: (problem) => answers.text(clip(problem, 500)),
    onSuccess: (values) => answering(found, asked, "message", (progress) => found.run(values, { ...asked, progress }))
  })
}

const unknownCommand = <R>(
  { registered }: repertoires.Repertoire<R>,
  name: string,
  place?: "private"
): answers.Answer<R> => counted("unknown", answers.text(`I don't know \`/${name}\`.\n${listOf(registered)}`, place))

const interaction = <R>(talk: Talk<R>, where: Where, heard: Interaction): Effect.Effect<void, ApiError, R> => {
  const { limits, repertoire, tell } = talk
  const { application_id: applicationId, id, token } = heard
  const question = { _tag: "Interaction", id, token, applicationId } as const
  const asked = askedBy(heard, talk.bot)
  const meaning = repertoires.meaningOf(heard)
  const command = repertoire.find(meaning.name)
  const isAllowed = command === undefined || holds(heard.member?.permissions, command.permissions)
  const isOpen = limits.isOpen(asked.channelId)
  if (meaning._tag === "Completion") {
    const proposals = isAllowed && isOpen
      ? command?.complete(meaning.option, meaning.typed, { ...asked, progress: () => Effect.void })
      : undefined
    return Effect.flatMap(proposed(meaning, proposals), (choices) => answers.propose(where.api, question, choices))
  }
  if (!isOpen) return give(where, question, answers.text(closedChannel, "private"))
  if (!isAllowed) return give(where, question, answers.text(lacking, "private"))
  if (meaning._tag === "Button") return give(where, question, pressed(talk, command, meaning, asked))
  return Effect.andThen(
    tell({
      kind: "interaction",
      channelId: asked.channelId,
      author: asked.user.name,
      content: asTyped(meaning)
    }),
    give(where, question, called(talk, command, meaning, asked))
  )
}

/** Who gave an interaction, and where. */
const askedBy = (heard: Interaction, bot: Command.Bot): Asked => {
  const { channel_id: channelId = "", guild_id, locale } = heard
  const person = giver(heard)
  const user = { id: idOf(person), name: person.username }
  return { user, channelId, guildId: guild_id ?? null, locale: locale ?? usualLocale, bot }
}

const called = <R>(
  { answering, repertoire }: Talk<R>,
  command: Command.Command<R> | undefined,
  { name, values }: Extract<repertoires.Meaning, { readonly _tag: "Command" }>,
  asked: Asked
): answers.Answer<R> =>
  command === undefined
    ? unknownCommand(repertoire, name, "private")
    : answering(
      command,
      asked,
      command.isPrivate ? "private" : "message",
      (progress) => command.run(values, { ...asked, progress })
    )

const pressed = <R>(
  { answering }: Talk<R>,
  command: Command.Command<R> | undefined,
  { argument, button }: Extract<repertoires.Meaning, { readonly _tag: "Button" }>,
  asked: Asked
): answers.Answer<R> => {
  const handler = command?.button(button)
  return command === undefined || handler === undefined
    ? answers.text(goneButton, "private")
    : answering(
      command,
      asked,
      handler.answer,
      (progress) => handler.run({ ...asked, argument, progress })
    )
}

const give = <R>({ api, session }: Where, question: Question, answer: answers.Answer<R>) =>
  Effect.suspend(() => {
    session.asked(question)
    return Effect.andThen(session.save, answers.give(api, question, answer))
  }).pipe(
    // An interruption is the bot's end: then the question stays.
    Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : Effect.sync(() => session.answered(question)))
  )

/** A command as it would be typed. */
const asTyped = ({ name, values }: { readonly name: string; readonly values: repertoires.Values }): string =>
  [`/${name}`, ...Object.values(values).map(String)].join(" ")

/** Whether somebody with these permissions, in Discord's decimal, has all that are needed. Administrators have all. */
const holds = (permissions: string | undefined, needed: bigint): boolean => {
  const held = /^\d{1,20}$/.test(permissions ?? "") ? BigInt(permissions ?? "") : 0n
  return (held & administrator) !== 0n || (held & needed) === needed
}

const administrator = 1n << 3n

const counted = <R>(name: string, answer: answers.Answer<R>): answers.Answer<R> => ({
  ...answer,
  body: (progress) => Effect.andThen(count(name), answer.body(progress))
})

/** Runs a command or a button of it, work only within the limits, and puts its outcome in words, whatever it is. */
const answeringWith = (limits: Limits) =>
<R>(
  { isWork, registered: { name } }: Command.Command<R>,
  asker: Asked,
  place: answers.Answer<R>["place"],
  run: (progress: Command.Asked["progress"]) => Effect.Effect<Command.Reply, Command.Failure, R>
): answers.Answer<R> => {
  const found = (progress: Command.Asked["progress"]): Effect.Effect<Body, never, R> =>
    run(progress).pipe(
      Effect.map((reply) => bodyOf(name, reply)),
      Effect.catch((error) =>
        Effect.succeed(bodyOfText(error._tag === "CommandFailed" ? error.detail : explainActor(error)))
      ),
      Effect.catchDefect((defect) =>
        Effect.as(Effect.logError(`The bot's command /${name} died`, defect), bodyOfText(broken))
      )
    )
  return counted(name, {
    isSlow: isWork,
    place,
    body: (progress) =>
      Effect.suspend(() => {
        if (!isWork) return found(progress)
        const begun = limits.begin({ userId: asker.user.id, channelId: asker.channelId }, performance.now())
        if (typeof begun === "string") return Effect.succeed(bodyOfText(begun))
        return Effect.ensuring(found(progress), Effect.sync(begun.end))
      })
  })
}

const mostChoices = 25

/** The values to propose; none when the command fails, or takes too long. */
const proposed = <R>(
  { name, option }: { readonly name: string; readonly option: string },
  proposals: Effect.Effect<ReadonlyArray<Command.Choice>, Command.Failure, R> | undefined
) =>
  (proposals ?? Effect.succeed([])).pipe(
    Effect.map((choices) =>
      choices.slice(0, mostChoices).map((choice) =>
        typeof choice === "string"
          ? { name: clip(choice, 100), value: choice.slice(0, 100) }
          : { name: clip(choice.name, 100), value: choice.value }
      )
    ),
    Effect.timeoutOrElse({ duration: proposedWithin, orElse: () => Effect.succeed([]) }),
    Effect.sandbox,
    Effect.catch((cause) =>
      Effect.as(Effect.logWarning(`The bot can't propose values for ${option} of /${name}`, cause), [])
    )
  )

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
