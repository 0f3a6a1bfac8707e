/** The list of a bot's commands, for people. */
import type { Registered } from "./Command.ts"

/** Lists commands with their options; those that may be left out are in brackets. */
export const listOf = (commands: ReadonlyArray<Registered>): string =>
  ["I can do this:", ...commands.map(line)].join("\n")

const line = ({ description, name, options }: Registered): string =>
  `- \`/${
    [name, ...options.map(({ name, required }) => required ? `<${name}>` : `[${name}]`)].join(" ")
  }\`: ${description}`
