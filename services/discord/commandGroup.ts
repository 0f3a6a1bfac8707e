/** Commands under one name: subcommands, and groups of them. */
import { PermissionFlagsBits } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import { isDescription, isName, localized, type RegisteredOption, type Words } from "./commandOptions.ts"
import { type Command, Failed, type Locale, type Permission } from "./commandTypes.ts"
import { OptionType } from "./optionValues.ts"

/** The actors that commands need. */
type RequiredBy<Commands extends ReadonlyArray<Command<unknown>>> = Commands[number] extends Command<infer R> ? R
  : never

/**
 * Makes a command of subcommands; throws a `TypeError` in words when Discord would not take it.
 *
 * **Details**
 * - `commands`: 1 to 25, made by `Command.make`; a group among them is a group of subcommands, one level deep.
 * - `permissions` and `contexts` are for all of them. What a subcommand asks for besides, the bot checks when it is given.
 *
 * **Example**
 *
 * ```ts
 * export default Command.group({ name: "watch", description: "Addresses that are watched", commands: [add, list] })
 * ```
 */
export const group = <const Commands extends ReadonlyArray<Command<unknown>>>(of: {
  readonly name: string
  readonly description: string
  readonly commands: Commands & ReadonlyArray<Command<RequiredBy<Commands>>>
  readonly permissions?: ReadonlyArray<Permission>
  readonly contexts?: ReadonlyArray<"server" | "direct">
  readonly locales?: { readonly [L in Locale]?: Words }
}): Command<RequiredBy<Commands>> => {
  const { description, locales = {}, name, permissions: names = [] } = of
  const commands: ReadonlyArray<Command<RequiredBy<Commands>>> = of.commands
  const permissions = names.reduce((all, name) => all | PermissionFlagsBits[name], 0n)
  const contexts = of.contexts ?? (permissions === 0n ? ["server", "direct"] : ["server"])
  const problem = problemOf(of)
  if (problem !== undefined) throw new TypeError(problem)
  return {
    registered: {
      type: 1,
      name,
      description,
      options: commands.map(optionOf),
      contexts: contexts.map((context) => context === "server" ? 0 : 1),
      default_member_permissions: permissions === 0n ? null : String(permissions),
      ...localized(Object.entries<Words | undefined>(locales))
    },
    name,
    commands: commands.map((command) => within(name, permissions, command)),
    isPrivate: false,
    isWork: false,
    permissions,
    form: undefined,
    takesFiles: false,
    run: () =>
      Effect.fail(new Failed({ detail: `/${name} needs one of: ${commands.map(({ name }) => name).join(", ")}.` })),
    complete: () => undefined,
    button: () => undefined
  }
}

/** A command under the name of its group, which asks for the group's permissions as well. */
const within = <R>(name: string, permissions: bigint, command: Command<R>): Command<R> => ({
  ...command,
  name: `${name} ${command.name}`,
  permissions: permissions | command.permissions,
  commands: command.commands.map((inner) => within(name, permissions, inner))
})

const optionOf = ({ commands, registered }: Command<unknown>): RegisteredOption => {
  const { description, description_localizations, name, name_localizations, options } = registered
  return {
    type: commands.length > 0 ? OptionType.group : OptionType.subcommand,
    name,
    description,
    options,
    ...(name_localizations === undefined ? {} : { name_localizations }),
    ...(description_localizations === undefined ? {} : { description_localizations })
  }
}

const mostCommands = 25

const problemOf = ({ commands, description, name }: {
  readonly name: string
  readonly description: string
  readonly commands: ReadonlyArray<Command<unknown>>
}): string | undefined => {
  if (!isName(name)) return `A command can't be called "${name}": a name is 1 to 32 small letters, digits, - and _.`
  if (!isDescription(description)) return `The command /${name} needs a description, 1 to 100 characters.`
  if (commands.length < 1 || commands.length > mostCommands) {
    return `The command /${name} has ${commands.length} subcommands; it takes 1 to ${mostCommands}.`
  }
  const names = commands.map(({ registered }) => registered.name)
  const double = names.find((name, n) => names.indexOf(name) !== n)
  if (double !== undefined) return `Two subcommands are called /${name} ${double}. Rename one.`
  const inner = commands.flatMap(({ commands }) => commands)
  return inner.some(({ commands }) => commands.length > 0)
    ? `The command /${name} has groups in groups of subcommands. Discord takes one level of them.`
    : undefined
}
