/** The bot's commands: which there are, and which one a person means. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Command, Registered, Values } from "./commandTypes.ts"
import type { CommandData, FormData, Interaction } from "./events.ts"
import { OptionType } from "./optionValues.ts"
import { buttonOf, sentFormOf } from "./reply.ts"
import { argumentsOf } from "./typedOptions.ts"

/** A command as it was typed in a message: its name, and all that follows. */
export interface Typed {
  readonly name: string
  readonly argument: string
}

export type { Values } from "./commandTypes.ts"

const mostCommands = 100

/** The commands of a bot that needs the actors `R`. */
export interface Repertoire<out R> {
  readonly registered: ReadonlyArray<Registered>
  /** A command by its name, a subcommand by those of its groups as well: `watch add`. */
  readonly find: (name: string) => Command<R> | undefined
  /**
   * Reads a command that someone typed as a plain message; none for what is no command.
   *
   * **Details**
   * - `/name` and `!name` both work. An unknown `!name` is left alone, since it may be meant for another bot.
   */
  readonly read: (content: string) => Option.Option<Typed>
}

/** Throws a `TypeError` when two commands have one name, or there are more than Discord takes. */
export const make = <R>(commands: ReadonlyArray<Command<R>>): Repertoire<R> => {
  const own = new Map(commands.map((command) => [command.name, command]))
  const byName = new Map(commands.flatMap(withInner).map((command) => [command.name, command]))
  if (commands.length > mostCommands) {
    throw new TypeError(`Discord takes ${mostCommands} commands, not ${commands.length}.`)
  }
  if (own.size < commands.length) {
    const names = commands.map(({ registered }) => registered.name)
    throw new TypeError(`Two commands are called /${names.find((name, i) => names.indexOf(name) !== i)}. Rename one.`)
  }
  return {
    registered: commands.map(({ registered }) => registered),
    find: (name) => byName.get(name),
    read: (content) => Option.filter(fromText(content), ({ name, sign }) => sign === "/" || own.has(name))
  }
}

/** A command and all within it. */
const withInner = <R>(
  command: Command<R>
): ReadonlyArray<Command<R>> => [command, ...command.commands.flatMap(withInner)]

/** Reads what looks like a command. */
export const fromText = (content: string): Option.Option<Typed & { readonly sign: string }> => {
  const [, sign, name, rest = ""] = /^([/!])([-_'\p{L}\p{N}]{1,32})(?:\s([^]*))?$/u.exec(content.trim()) ?? []
  return sign === undefined || name === undefined
    ? Option.none()
    : Option.some({ sign, name: name.toLowerCase(), argument: rest.trim() })
}

/** The subcommand that somebody has typed, though its options may be missing; the command itself if it has none. */
export const meantBy = <R>(command: Command<R>, argument: string): Command<R> => {
  const [word = ""] = argument.trimStart().split(/\s/, 1)
  const inner = command.commands.find(({ name }) => name === `${command.name} ${word}`)
  return inner === undefined ? command : meantBy(inner, argument.trimStart().slice(word.length))
}

/** Which command or subcommand was given, and with which values. */
export interface Given {
  readonly name: string
  readonly values: Values
}

/** The options in what was typed after a command's name, or what is wrong with it. */
export const givenBy = ({ registered }: Command<unknown>, argument: string): Result.Result<Given, string> =>
  Result.map(argumentsOf(registered, argument), (options) => {
    const { name, options: inner } = innermost(registered.name, options)
    return { name, values: byName(inner) }
  })

/** An option as Discord carries it. */
interface Carried {
  readonly name: string
  readonly type?: number
  readonly value?: unknown
  readonly focused?: boolean
  readonly options?: ReadonlyArray<Carried>
}

/** The name of the subcommand among options, if there is one, and its options. */
const innermost = (
  name: string,
  options: ReadonlyArray<Carried>
): { readonly name: string; readonly options: ReadonlyArray<Carried> } => {
  const inner = options.find(({ type }) => type === OptionType.subcommand || type === OptionType.group)
  return inner === undefined ? { name, options } : innermost(`${name} ${inner.name}`, inner.options ?? [])
}

const byName = (values: ReadonlyArray<Carried>): Values =>
  Object.fromEntries(values.map(({ name, value }) => [name, value]))

/** Values by name; files, which come apart from the options that name them, in their places. */
const valuesOf = (options: ReadonlyArray<Carried>, resolved: CommandData["resolved"]): Values => {
  const files = new Map(Object.entries(resolved?.attachments ?? {}))
  const fileOf = (id: unknown) => {
    const file = files.get(String(id))
    if (file === undefined) return undefined
    const { content_type: type, filename: name, size: bytes, url } = file
    return { id: file.id, name, url, bytes, ...(typeof type === "string" ? { type } : {}) }
  }
  return byName(
    options.map((option) => option.type === OptionType.file ? { ...option, value: fileOf(option.value) } : option)
  )
}

/** What was written and chosen in a form; fields that were left empty are not there. */
const filledIn = ({ components }: FormData): Values =>
  Object.fromEntries(
    components.flatMap(({ component, components = [] }) => component === undefined ? components : [component])
      .flatMap(({ custom_id, value, values }) => {
        const given = value ?? values?.[0] ?? ""
        return given === "" ? [] : [[custom_id, given] as const]
      })
  )

const decodeValues = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

/** What an interaction means. */
export type Meaning =
  | { readonly _tag: "Command"; readonly name: string; readonly values: Values; readonly filled?: Values }
  | { readonly _tag: "Completion"; readonly name: string; readonly option: string; readonly typed: string }
  | {
    readonly _tag: "Button"
    readonly name: string
    readonly button: string
    readonly argument: string
    /** What its form was filled with; undefined before. */
    readonly filled?: Values
  }

/** What the id of another bot's button or form names. */
const nothing = { argument: "", button: "", command: "" }

export const meaningOf = ({ data, type }: Interaction): Meaning => {
  if (type === 3) {
    const { argument, button, command } = buttonOf(data.custom_id) ?? nothing
    return { _tag: "Button", name: command, button, argument }
  }
  if (type === 5) return formMeaning(data)
  const { name, options } = innermost(data.name, data.options ?? [])
  if (type === 2) return { _tag: "Command", name, values: valuesOf(options, data.resolved) }
  const focused = options.find(({ focused }) => focused === true)
  return { _tag: "Completion", name, option: focused?.name ?? "", typed: String(focused?.value ?? "") }
}

/** A command whose form was sent, or a button. The values of the command's options are in the form's id. */
const formMeaning = (data: FormData): Meaning => {
  const { argument, button, command } = sentFormOf(data.custom_id) ?? nothing
  const filled = filledIn(data)
  if (button !== "") return { _tag: "Button", name: command, button, argument, filled }
  return { _tag: "Command", name: command, values: Option.getOrElse(decodeValues(argument), () => ({})), filled }
}
