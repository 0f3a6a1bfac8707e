/** What the bot does with what it hears: it tells its listeners, and answers commands and buttons. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as answers from "./answers.ts"
import { listOf } from "./commandList.ts"
import type * as Command from "./commandTypes.ts"
import type { ApiError, DiscordApi } from "./discordApi.ts"
import type { BotEvent } from "./DiscordBot.ts"
import { giver, type Heard, idOf, type Interaction, type Message } from "./events.ts"
import type { Limits } from "./limiting.ts"
import * as repertoires from "./repertoire.ts"
import { formOf, type Named } from "./reply.ts"
import { answeringWith, counted, proposed } from "./running.ts"
import type { Question, SessionStore } from "./session.ts"
import { clip } from "./words.ts"

export interface Options<R> {
  readonly repertoire: repertoires.Repertoire<R>
  readonly bot: Omit<Command.Bot, "commands">
  readonly limits: Limits
  readonly tell: (event: BotEvent) => Effect.Effect<unknown>
  /** Takes an answer to a message that Discord has not taken, and says it later. */
  readonly late?: answers.Late<R> | undefined
}

/** The server that something was heard from. */
export interface Where {
  readonly api: DiscordApi
  readonly session: Pick<SessionStore, "asked" | "answered" | "save" | "hintOnce">
}

const hint = "I answer commands: `/help` lists them. (I say this once in a channel.)"
const closedChannel = "I don't work in this channel. The operator lists my channels in DISCORD_CHANNELS."
const lacking = "You lack the permissions that this takes."
const goneButton = "That button does nothing any more."
const wordy = "That is too long to be given with this form. Give less of it."

/** Language of people of whom Discord does not say it. */
const usualLocale = "en-US"

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
  const { late, limits, repertoire, tell } = options
  const bot = { ...options.bot, commands: repertoire.registered }
  const talk: Talk<R> = { repertoire, limits, tell, late, bot, answering: answeringWith(limits) }
  return (where, heard) =>
    heard.kind === "message" ? message(talk, where, heard.message) : interaction(talk, where, heard.interaction)
}

/** What the bot answers with. */
interface Talk<R> extends Pick<Options<R>, "repertoire" | "limits" | "tell" | "late"> {
  readonly bot: Command.Bot
  readonly answering: ReturnType<typeof answeringWith>
}

const message = <R>(talk: Talk<R>, where: Where, heard: Message): Effect.Effect<void, ApiError, R> => {
  const { late, limits, repertoire, tell } = talk
  const { author, channel_id: channelId, content, id } = heard
  if (!limits.isOpen(channelId)) return Effect.void
  const question: Question = { _tag: "Message", id, channelId }
  const command = repertoire.read(content)
  const hinted = content.trim() !== "" && repertoire.find("help") !== undefined
  return Effect.andThen(
    tell({ kind: "message", channelId, author: author.username, content }),
    Option.isSome(command)
      ? give(where, question, typed(talk, heard, command.value), late)
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
  const top = repertoire.find(command.name)
  if (top === undefined) return unknownCommand(repertoire, command.name)
  const meant = repertoires.meantBy(top, command.argument)
  if (isForSlash(meant)) return answers.text(asSlash(meant.name))
  if (!top.registered.contexts.includes(guild_id === undefined ? 1 : 0)) return answers.text("Not here.")
  const user = { id: idOf(author), name: author.username }
  const asked: Asked = { user, channelId, guildId: guild_id ?? null, locale: usualLocale, bot }
  return Result.match(repertoires.givenBy(top, command.argument), {
    onFailure: (problem) => answers.text(clip(problem, 500)),
    onSuccess: ({ name, values }) => {
      const found = repertoire.find(name) ?? top
      return answering(found, asked, "message", (progress) => found.run(values, { ...asked, progress }))
    }
  })
}

/** Whether a command can't be typed as a message: its answer is for one person, or it takes more than a message has. */
const isForSlash = ({ form, isPrivate, permissions, takesFiles }: Command.Command<unknown>): boolean =>
  isPrivate || permissions !== 0n || takesFiles || form !== undefined

const asSlash = (name: string): string => `Give \`/${name}\` as a slash command: pick it from the list that "/" opens.`

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
  const first = isOpen ? isAllowed ? formFor(command, meaning) : lacking : closedChannel
  if (typeof first === "string") return give(where, question, answers.text(first, "private"))
  if (first !== undefined) return noted(where, question, answers.show(where.api, question, first))
  return meaning._tag === "Button"
    ? give(where, question, pressed(talk, command, meaning, asked))
    : Effect.andThen(tellOf(tell, meaning, asked), give(where, question, called(talk, command, meaning, asked)))
}

/** Tells the bot's listeners of a command. */
const tellOf = (
  tell: Talk<never>["tell"],
  meaning: Extract<repertoires.Meaning, { readonly _tag: "Command" }>,
  { channelId, user }: Asked
) => tell({ kind: "interaction", channelId, author: user.name, content: asTyped(meaning) })

/** Who gave an interaction, and where. */
const askedBy = (heard: Interaction, bot: Command.Bot): Asked => {
  const { channel_id: channelId = "", guild_id, locale } = heard
  const person = giver(heard)
  const user = { id: idOf(person), name: person.username }
  return { user, channelId, guildId: guild_id ?? null, locale: locale ?? usualLocale, bot }
}

/** The form that is to be filled in first, or why it can't be shown. */
const formFor = (
  command: Command.Command<unknown> | undefined,
  meaning: Exclude<repertoires.Meaning, { readonly _tag: "Completion" }>
): object | string | undefined => {
  if (command === undefined || meaning.filled !== undefined) return undefined
  const isButton = meaning._tag === "Button"
  const form = isButton ? command.button(meaning.button)?.form : command.form
  if (form === undefined) return undefined
  const named: Named = isButton
    ? { command: command.name, button: meaning.button, argument: meaning.argument }
    : { command: command.name, button: "", argument: JSON.stringify(meaning.values) }
  return formOf(form, named) ?? wordy
}

const called = <R>(
  { answering, repertoire }: Talk<R>,
  command: Command.Command<R> | undefined,
  { filled, name, values }: Extract<repertoires.Meaning, { readonly _tag: "Command" }>,
  asked: Asked
): answers.Answer<R> =>
  command === undefined
    ? unknownCommand(repertoire, name, "private")
    : answering(
      command,
      asked,
      command.isPrivate ? "private" : "message",
      (progress) => command.run(values, { ...asked, progress }, filled)
    )

const pressed = <R>(
  { answering }: Talk<R>,
  command: Command.Command<R> | undefined,
  { argument, button, filled = {} }: Extract<repertoires.Meaning, { readonly _tag: "Button" }>,
  asked: Asked
): answers.Answer<R> => {
  const handler = command?.button(button)
  return command === undefined || handler === undefined
    ? answers.text(goneButton, "private")
    : answering(
      command,
      asked,
      handler.answer,
      (progress) => handler.run({ ...asked, argument, filled, progress })
    )
}

const give = <R>(where: Where, question: Question, answer: answers.Answer<R>, late?: answers.Late<R>) =>
  noted(where, question, answers.give(where.api, question, answer, late))

/** Answers a question that is noted meanwhile, so that the next incarnation knows of it. */
const noted = <R>({ session }: Where, question: Question, answer: Effect.Effect<void, ApiError, R>) =>
  Effect.suspend(() => {
    session.asked(question)
    return Effect.andThen(session.save, answer)
  }).pipe(
    // An interruption is the bot's end: then the question stays.
    Effect.onExit((exit) => Exit.hasInterrupts(exit) ? Effect.void : Effect.sync(() => session.answered(question)))
  )

/** A command as it would be typed. */
const asTyped = ({ name, values }: { readonly name: string; readonly values: repertoires.Values }): string =>
  [`/${name}`, ...Object.values(values).map(worded)].join(" ")

/** A value as a person would write it: of a file, its name. */
const worded = (value: unknown): string =>
  String(typeof value === "object" && value !== null && "name" in value ? value.name : value)

/** Whether somebody with these permissions, in Discord's decimal, has all that are needed. Administrators have all. */
const holds = (permissions: string | undefined, needed: bigint): boolean => {
  const held = /^\d{1,20}$/.test(permissions ?? "") ? BigInt(permissions ?? "") : 0n
  return (held & administrator) !== 0n || (held & needed) === needed
}

const administrator = 1n << 3n

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
