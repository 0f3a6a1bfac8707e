/** The list of a bot's commands, for people. */
import type { RegisteredOption } from "./commandOptions.ts"
import type { Registered } from "./commandTypes.ts"
import { OptionType } from "./optionValues.ts"

/** Lists commands with their options; those that may be left out are in brackets. */
export const listOf = (commands: ReadonlyArray<Registered>): string =>
  ["I can do this:", ...commands.flatMap(lines)].join("\n")

/** A command's line, or those of its subcommands. */
const lines = ({ description, name, options = [] }: Listed): ReadonlyArray<string> => {
  const inner = options.filter(({ type }) => type === OptionType.subcommand || type === OptionType.group)
  return inner.length === 0
    ? [line({ description, name, options })]
    : inner.flatMap((command) => lines({ ...command, name: `${name} ${command.name}` }))
}

type Listed = Pick<RegisteredOption, "description" | "name" | "options">

const line = ({ description, name, options = [] }: Listed): string =>
  `- \`/${
    [name, ...options.map(({ name, required }) => required ? `<${name}>` : `[${name}]`)].join(" ")
  }\`: ${description}`
