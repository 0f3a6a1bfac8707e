/** How people give commands: typed behind "/", completed while they are typed, or chosen in a menu. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type ChatMessage, NotDone } from "../DiscordSandbox.ts"
import { OptionType } from "../optionValues.ts"
import { type Argument, argumentsOf, focusIn } from "../typedOptions.ts"
import { ChannelType } from "./channels.ts"
import { type Command, type CommandOption, type Commands, CommandType } from "./commands.ts"
import type { Attachment } from "./files.ts"
import { commandData, type Doing, Kind, targetData } from "./interactionData.ts"
import type { Choice, Interactions } from "./interactions.ts"
import type { Messages } from "./messages.ts"
import * as permissions from "./permissions.ts"
import { commandsFor, givableIn, none, optionsFor, type Proposals } from "./proposing.ts"
import type { Transcript } from "./transcript.ts"
import type { World } from "./world.ts"

interface Parts {
  readonly world: World
  readonly transcript: Transcript
  readonly messages: Messages
  readonly commands: Commands
  readonly interactions: Interactions
}

const refuse = (detail: string) => Effect.fail(new NotDone({ detail }))

/** Options as they are typed: files are not. */
const withoutFiles = (options: ReadonlyArray<CommandOption>): ReadonlyArray<CommandOption> =>
  options.filter(({ type }) => type !== OptionType.file).map((option) =>
    option.options === undefined ? option : { ...option, options: withoutFiles(option.options) }
  )

/** The options that were typed, and the files that come with them in the order of the options that take one. */
const withFiles = (
  { name, options: specs = [] }: Pick<CommandOption, "name" | "options">,
  options: ReadonlyArray<Argument>,
  files: ReadonlyArray<Attachment>
): Result.Result<ReadonlyArray<Argument>, string> => {
  const inner = options.find(({ type }) => type === OptionType.subcommand || type === OptionType.group)
  const spec = inner && specs.find(({ name }) => name === inner.name)
  if (inner !== undefined && spec !== undefined) {
    return Result.map(withFiles(spec, inner.options ?? [], files), (options) => [{ ...inner, options }])
  }
  const wanted = specs.filter(({ type }) => type === OptionType.file)
  const missing = wanted.find(({ required }, n) => required === true && files[n] === undefined)
  if (missing !== undefined) return Result.fail(`/${name} needs the file ${missing.name}.`)
  const given = wanted.flatMap(({ name, type }, n) => {
    const id = files[n]?.id
    return id === undefined ? [] : [{ name, type, value: id }]
  })
  return Result.succeed([...options, ...given])
}

/** Gives the bot's commands as a person. */
export class Commanding {
  readonly #of: Parts

  constructor(of: Parts) {
    this.#of = of
  }

  /** The commands that somebody may give there. */
  givable(doing: Doing): ReadonlyArray<Command> {
    return this.#usable(doing).filter((command) => this.#may(doing, command))
  }

  /** Gives the command of a line. What is wrong with it is said in the transcript, as an answer to the line. */
  give(doing: Doing, { content, id }: ChatMessage, files: ReadonlyArray<Attachment> = []): void {
    const { interactions, transcript, world } = this.#of
    const note = (text: string) => transcript.note(text, id, doing.channel.id)
    const [name = ""] = content.slice(1).split(/\s/, 1)
    const all = this.#usable(doing).filter(({ type }) => type === CommandType.chat)
    const command = all.find((command) => command.name === name)
    if (command === undefined) {
      const names = all.map(({ name }) => `/${name}`).join(", ")
      return void note(
        `There is no command /${name}. ${names === "" ? "The bot has not registered any." : `There are: ${names}.`}`
      )
    }
    if (!this.#may(doing, command)) return void note(`You lack the permissions that /${name} takes.`)
    const typed = argumentsOf({ name, options: withoutFiles(command.options) }, content.slice(1 + name.length))
    Result.match(Result.flatMap(typed, (options) => withFiles(command, options, files)), {
      onFailure: note,
      onSuccess: (options) =>
        interactions.start({
          kind: Kind.command,
          name: `/${name}`,
          id,
          doing,
          data: commandData(world, command, options, files)
        })
    })
  }

  /** What the bot proposes for the option that a half-written command ends with. */
  complete(doing: Doing, text: string): Effect.Effect<ReadonlyArray<Choice>> {
    const [name = ""] = text.slice(1).split(/\s/, 1)
    const command = this.#usable(doing).find((command) => command.name === name && command.type === CommandType.chat)
    const focus = command && focusIn(withoutFiles(command.options), text.slice(1 + name.length))
    if (command === undefined || focus === undefined || !this.#may(doing, command)) return Effect.succeed([])
    if (focus.option.autocomplete !== true) return Effect.succeed(this.#valuesOf(focus.option, focus.typed))
    const data = commandData(this.#of.world, command, focus.options)
    return this.#of.interactions.choices({ kind: Kind.autocomplete, name: `/${name}`, doing, data })
  }

  /** What can be put where a half-written command ends: its own rest, options by name, values. */
  propose(doing: Doing, line: string): Effect.Effect<Proposals> {
    const commands = this.givable(doing).filter(({ type }) => type === CommandType.chat)
    const all = commands.flatMap((command) => givableIn(command))
    const given = all.find(({ path }) => line.startsWith(`/${path} `))
    if (!line.startsWith("/")) return Effect.succeed(none)
    if (given === undefined) return Effect.succeed(commandsFor(all, line))
    const focus = focusIn(withoutFiles(given.options), line.slice(1 + given.path.length))
    return Effect.map(this.complete(doing, line), (values) => optionsFor(given, focus, values, line))
  }

  /** Values of an option that there is a list of. */
  #valuesOf({ choices = [], type }: CommandOption, typed: string): ReadonlyArray<Choice> {
    const { channels, people, roles } = this.#of.world
    const wanted = typed.toLowerCase()
    const users = () => people.members.map(({ user }) => ({ name: `@${user.username}`, value: `<@${user.id}>` }))
    const ranks = () => roles.all.map(({ id, name }) => ({ name: `@${name.replace("@", "")}`, value: `<@&${id}>` }))
    const lists: Readonly<Record<number, () => ReadonlyArray<Choice>>> = {
      [OptionType.boolean]: () => ["true", "false"].map((value) => ({ name: value, value })),
      [OptionType.user]: users,
      [OptionType.channel]: () => channels.ofGuild.map(({ id, name }) => ({ name: `#${name}`, value: `<#${id}>` })),
      [OptionType.role]: ranks,
      [OptionType.mentionable]: () => [...users(), ...ranks()]
    }
    const all = choices.length > 0 ? choices : lists[type]?.() ?? []
    return all.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, 25)
  }

  /** Gives a command of the menu of a message or of a person. */
  choose(doing: Doing, name: string, targetId: string): Effect.Effect<void, NotDone> {
    const { interactions, messages, world } = this.#of
    const message = messages.in(doing.channel, targetId)
    const target = message ?? world.people.user(targetId)
    const type = message === undefined ? CommandType.user : CommandType.message
    const command = this.#usable(doing).find((command) => command.name === name && command.type === type)
    if (command === undefined || target === undefined) return refuse(`There is no command "${name}" here.`)
    if (!this.#may(doing, command)) return refuse(`You lack the permissions that "${name}" takes.`)
    interactions.start({ kind: Kind.command, name, doing, data: targetData(world, command, target) })
    return Effect.void
  }

  #usable({ channel }: Doing): ReadonlyArray<Command> {
    return this.#of.commands.usable(channel.guild_id)
  }

  #may({ channel, user }: Doing, { default_member_permissions: needed }: Command): boolean {
    const { world } = this.#of
    if (needed === null || channel.type === ChannelType.direct) return true
    const held = world.permissionsOf(user)
    // "0" is for administrators only.
    return permissions.allow(held, needed === "0" ? permissions.ofOwner : needed)
  }
}
