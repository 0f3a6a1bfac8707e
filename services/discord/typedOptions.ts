/** How a line that begins with "/" becomes the options of a command. */
import * as Result from "effect/Result"
import { expected, OptionType, type Spec, valueOf } from "./optionValues.ts"

/** A value for an option, as an interaction carries it. */
export interface Argument {
  readonly name: string
  readonly type: number
  readonly value?: string | number | boolean
  readonly options?: ReadonlyArray<Argument>
}

/**
 * Reads what follows the command's name.
 *
 * **Details**
 * - `name:value` gives an option by name, anything else by position; the last text option takes all that is left.
 * - The first word names the subcommand, where a command has any.
 * - Fails with a sentence for the person who typed it.
 */
export const argumentsOf = (
  { name, options }: { readonly name: string; readonly options: ReadonlyArray<Spec> },
  text: string
): Result.Result<ReadonlyArray<Argument>, string> => read(`/${name}`, options, text.trim())

const firstWord = (text: string): readonly [word: string, rest: string] => {
  const [word = ""] = text.split(/\s/, 1)
  return [word, text.slice(word.length).trim()]
}

const read = (
  path: string,
  specs: ReadonlyArray<Spec>,
  text: string
): Result.Result<ReadonlyArray<Argument>, string> => {
  const nested = nestedIn(specs)
  if (nested.length === 0) return readValues(path, specs, text)
  const [word, rest] = firstWord(text)
  const chosen = nested.find(({ name }) => name === word)
  if (chosen === undefined) return Result.fail(`${path} needs one of: ${nested.map(({ name }) => name).join(", ")}.`)
  return Result.map(
    read(`${path} ${word}`, chosen.options ?? [], rest),
    (options) => [{ name: chosen.name, type: chosen.type, options }]
  )
}

/** The subcommands among options, and the groups of them. */
export const nestedIn = <Of extends Spec>(specs: ReadonlyArray<Of>): ReadonlyArray<Of> =>
  specs.filter(({ type }) => type === OptionType.subcommand || type === OptionType.group)

/** The option that is given next, what is written from its value on, and the options that are left. */
interface Next<Of extends Spec> {
  readonly option: Of
  readonly left: string
  readonly open: ReadonlyArray<Of>
  /** The value is all that is left. */
  readonly takesAll: boolean
  readonly isNamed: boolean
}

const nextOption = <Of extends Spec>(specs: ReadonlyArray<Of>, left: string): Next<Of> | undefined => {
  const named = specs.find(({ name }) => left.startsWith(`${name}:`))
  const option = named ?? specs[0]
  if (option === undefined) return undefined
  const open = specs.filter((other) => other !== option)
  return {
    option,
    open,
    isNamed: named !== undefined,
    left: named === undefined ? left : left.slice(named.name.length + 1).trimStart(),
    takesAll: option.type === OptionType.string && open.length === 0
  }
}

const readValues = (
  path: string,
  specs: ReadonlyArray<Spec>,
  text: string
): Result.Result<ReadonlyArray<Argument>, string> => {
  const found: Array<Argument> = []
  let open = specs
  let left = text
  for (let next = nextOption(open, left); left !== "" && next !== undefined; next = nextOption(open, left)) {
    const { option } = next
    const [raw, rest] = next.takesAll ? [next.left, ""] : firstWord(next.left)
    const value = valueOf(option, raw)
    if (value === undefined) return Result.fail(`${path} cannot take "${raw}" as ${option.name}${expected(option)}.`)
    found.push({ name: option.name, type: option.type, value })
    open = next.open
    left = rest
  }
  if (left !== "") return Result.fail(`${path} takes no "${left}".`)
  const missing = open.filter(({ required }) => required === true).map(({ name }) => name)
  return missing.length > 0 ? Result.fail(`${path} needs ${missing.join(", ")}.`) : Result.succeed(found)
}

/**
 * The option that a half-written line ends with, and what is written of it; the others as far as they are there.
 *
 * **Details**
 * - `isNamed`: its name is written before the value. `open`: this and all others that have no value yet.
 */
export interface Focus<Of extends Spec> {
  readonly option: Of
  readonly typed: string
  readonly isNamed: boolean
  readonly open: ReadonlyArray<Of>
  readonly options: ReadonlyArray<Argument & { readonly focused?: boolean }>
}

/**
 * Finds the option that somebody is writing.
 *
 * **Details**
 * - Undefined when there is none: the name of a subcommand is not complete, or all options have a value.
 */
export const focusIn = <Of extends Spec & { readonly options?: ReadonlyArray<Of> | undefined }>(
  specs: ReadonlyArray<Of>,
  text: string
): Focus<Of> | undefined => {
  const line = text.trimStart()
  const nested = nestedIn(specs)
  if (nested.length === 0) return focusOnValue(specs, line)
  const [word] = firstWord(line)
  const chosen = nested.find(({ name }) => name === word)
  const inner = chosen && /\s/.test(line) ? focusIn<Of>(chosen.options ?? [], line.slice(word.length)) : undefined
  return inner && chosen && { ...inner, options: [{ name: chosen.name, type: chosen.type, options: inner.options }] }
}

const focusOnValue = <Of extends Spec>(specs: ReadonlyArray<Of>, line: string): Focus<Of> | undefined => {
  const done: Array<Argument> = []
  let open = specs
  let left = line
  for (;;) {
    const next = nextOption(open, left)
    if (next === undefined) return undefined
    const { isNamed, option } = next
    if (next.takesAll || !/\s/.test(next.left)) {
      const focused = { name: option.name, type: option.type, value: next.left, focused: true }
      return { option, typed: next.left, isNamed, open, options: [...done, focused] }
    }
    const [word] = firstWord(next.left)
    const value = valueOf(option, word)
    if (value !== undefined) done.push({ name: option.name, type: option.type, value })
    open = next.open
    // A space at the end is the beginning of the next option.
    left = next.left.slice(word.length).trimStart()
  }
}
