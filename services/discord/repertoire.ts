/** The bot's commands: which there are, and which one a person means. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Command, Registered } from "./Command.ts"
import type { Interaction } from "./events.ts"
import { buttonOf } from "./reply.ts"
import { type Argument, argumentsOf } from "./typedOptions.ts"

/** A command as it was typed in a message: its name, and all that follows. */
export interface Typed {
  readonly name: string
  readonly argument: string
}

/** Options by name. */
export type Values = Readonly<Record<string, unknown>>

const mostCommands = 100

/** The commands of a bot that needs the actors `R`. */
export interface Repertoire<out R> {
  readonly registered: ReadonlyArray<Registered>
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
  const byName = new Map(commands.map((command) => [command.registered.name, command]))
  if (commands.length > mostCommands) {
    throw new TypeError(`Discord takes ${mostCommands} commands, not ${commands.length}.`)
  }
  if (byName.size < commands.length) {
    const names = commands.map(({ registered }) => registered.name)
    throw new TypeError(`Two commands are called /${names.find((name, i) => names.indexOf(name) !== i)}. Rename one.`)
  }
  return {
    registered: commands.map(({ registered }) => registered),
    find: (name) => byName.get(name),
    read: (content) => Option.filter(fromText(content), ({ name, sign }) => sign === "/" || byName.has(name))
  }
}

/** Reads what looks like a command. */
export const fromText = (content: string): Option.Option<Typed & { readonly sign: string }> => {
  const [, sign, name, rest = ""] = /^([/!])([-_'\p{L}\p{N}]{1,32})(?:\s([^]*))?$/u.exec(content.trim()) ?? []
  return sign === undefined || name === undefined
    ? Option.none()
    : Option.some({ sign, name: name.toLowerCase(), argument: rest.trim() })
}

/** The options in what was typed after a command's name, or what is wrong with it. */
export const valuesOf = ({ registered }: Command<unknown>, argument: string): Result.Result<Values, string> =>
  Result.map(argumentsOf(registered, argument), byName)

const byName = (values: ReadonlyArray<Pick<Argument, "name"> & { readonly value?: unknown }>): Values =>
  Object.fromEntries(values.map(({ name, value }) => [name, value]))

/** What an interaction means. */
export type Meaning =
  | { readonly _tag: "Command"; readonly name: string; readonly values: Values }
  | { readonly _tag: "Completion"; readonly name: string; readonly option: string; readonly typed: string }
  | { readonly _tag: "Button"; readonly name: string; readonly button: string; readonly argument: string }

export const meaningOf = ({ data, type }: Interaction): Meaning => {
  if (type === 3) {
    const { argument = "", button = "", command = "" } = buttonOf(data.custom_id) ?? {}
    return { _tag: "Button", name: command, button, argument }
  }
  const { name, options = [] } = data
  if (type === 2) return { _tag: "Command", name, values: byName(options) }
  const focused = options.find(({ focused }) => focused === true)
  return { _tag: "Completion", name, option: focused?.name ?? "", typed: String(focused?.value ?? "") }
}
