/** What the page proposes while somebody writes a command: commands, options by their names, and values. */
import type { RegisteredOption } from "../commandOptions.ts"
import { OptionType } from "../optionValues.ts"
import { type Focus, nestedIn } from "../typedOptions.ts"
import type { Choice } from "./interactions.ts"

/**
 * Something that can be put where the line ends.
 *
 * **Details**
 * - `text`: the whole line, once this is taken.
 * - `isFile`: it is a file that has to be chosen; the line stays as it is.
 */
export interface Proposal {
  readonly label: string
  readonly description: string
  readonly text: string
  readonly isFile?: boolean
}

/** What can be written next, and the option that is being written, as far as there is one. */
export interface Proposals {
  readonly hint: { readonly name: string; readonly description: string; readonly required: boolean } | null
  readonly proposals: ReadonlyArray<Proposal>
}

/** Nothing to propose. */
export const none: Proposals = { hint: null, proposals: [] }

type Described = Pick<RegisteredOption, "description" | "name" | "options" | "required" | "type">

/** A command or a subcommand that can be given, by its whole name. */
export interface Givable<Of> {
  readonly path: string
  readonly description: string
  readonly options: ReadonlyArray<Of>
}

/** A command, or all its subcommands. */
export const givableIn = <Of extends Described & { readonly options?: ReadonlyArray<Of> | undefined }>(
  { description, name, options = [] }: {
    readonly name: string
    readonly description: string
    readonly options?: ReadonlyArray<Of> | undefined
  }
): ReadonlyArray<Givable<Of>> => {
  const inner = nestedIn(options)
  return inner.length === 0
    ? [{ path: name, description, options }]
    : inner.flatMap((command) => givableIn<Of>({ ...command, name: `${name} ${command.name}` }))
}

const most = 25

/** The commands that a line may become. */
export const commandsFor = (all: ReadonlyArray<Givable<Described>>, line: string): Proposals => ({
  hint: null,
  proposals: all
    .filter(({ path }) => `/${path}`.startsWith(line.toLowerCase()))
    .slice(0, most)
    .map(({ description, options, path }) => ({
      label: [`/${path}`, ...options.map(({ name, required }) => required === true ? `<${name}>` : `[${name}]`)].join(
        " "
      ),
      description,
      text: options.length > 0 ? `/${path} ` : `/${path}`
    }))
})

/** What may follow: values of the option that the line ends with, other options by name, and files. */
export const optionsFor = (
  { options }: Givable<Described>,
  focus: Focus<Described> | undefined,
  values: ReadonlyArray<Choice>,
  line: string
): Proposals => {
  const typed = focus?.typed ?? ""
  const begin = line.slice(0, line.lastIndexOf(typed))
  const byName = focus === undefined || focus.isNamed
    ? []
    : focus.open.filter(({ name }) => `${name}:`.startsWith(typed))
  const proposals: ReadonlyArray<Proposal> = [
    ...values.map(({ name, value }) => ({ label: name, description: "", text: `${begin}${value}` })),
    ...byName.map(({ description, name }) => ({ label: `${name}:`, description, text: `${begin}${name}:` })),
    ...options.filter(({ type }) => type === OptionType.file)
      .map(({ description, name }) => ({ label: name, description, text: line, isFile: true }))
  ]
  const { description = "", name = "", required = false } = focus?.option ?? {}
  return { hint: focus === undefined ? null : { name, description, required }, proposals: proposals.slice(0, most) }
}
