/** How a line that begins with "/" becomes the options of a command. */
import * as Result from "effect/Result"

/** An option of a command, as far as reading a line takes it. */
export interface Spec {
  readonly type: number
  readonly name: string
  readonly required?: boolean | undefined
  readonly choices?: ReadonlyArray<{ readonly name: string; readonly value: string | number }> | undefined
  readonly options?: ReadonlyArray<Spec> | undefined
  readonly min_value?: number | undefined
  readonly max_value?: number | undefined
  readonly min_length?: number | undefined
  readonly max_length?: number | undefined
}

/** A value for an option, as an interaction carries it. */
export interface Argument {
  readonly name: string
  readonly type: number
  readonly value?: string | number | boolean
  readonly options?: ReadonlyArray<Argument>
}

/** Discord's types of options that are read from text by rules of their own. */
export const OptionType = { subcommand: 1, group: 2, string: 3, integer: 4, boolean: 5, number: 10 } as const

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
  const nested = specs.filter(({ type }) => type === OptionType.subcommand || type === OptionType.group)
  if (nested.length > 0) {
    const [word, rest] = firstWord(text)
    const chosen = nested.find(({ name }) => name === word)
    if (chosen === undefined) return Result.fail(`${path} needs one of: ${nested.map(({ name }) => name).join(", ")}.`)
    return Result.map(
      read(`${path} ${word}`, chosen.options ?? [], rest),
      (options) => [{ name: chosen.name, type: chosen.type, options }]
    )
  }

  const found: Array<Argument> = []
  let open = specs
  let left = text
  while (left !== "" && open.length > 0) {
    const [word] = firstWord(left)
    const named = open.find(({ name }) => word.startsWith(`${name}:`))
    const spec = named ?? open[0]
    if (spec === undefined) break
    if (named !== undefined) left = left.slice(named.name.length + 1).trimStart()
    open = open.filter((other) => other !== spec)
    const takesAll = spec.type === OptionType.string && open.length === 0
    const [raw, rest] = takesAll ? [left, ""] : firstWord(left)
    const value = valueOf(spec, raw)
    if (value === undefined) return Result.fail(`${path} cannot take "${raw}" as ${spec.name}${expected(spec)}.`)
    found.push({ name: spec.name, type: spec.type, value })
    left = rest
  }
  if (left !== "") return Result.fail(`${path} takes no "${left}".`)
  const missing = open.filter(({ required }) => required === true).map(({ name }) => name)
  return missing.length > 0 ? Result.fail(`${path} needs ${missing.join(", ")}.`) : Result.succeed(found)
}

const expected = (spec: Spec): string => {
  const { choices = [], max_length, max_value, min_length, min_value, type } = spec
  if (choices.length > 0) return `: one of ${choices.map(({ name }) => name).join(", ")}`
  switch (type) {
    case OptionType.boolean:
      return ": true or false"
    case OptionType.integer:
      return `: a whole number${between(min_value, max_value)}`
    case OptionType.number:
      return `: a number${between(min_value, max_value)}`
    case OptionType.string:
      return min_length === undefined && max_length === undefined
        ? ""
        : `: a text whose length is${between(min_length ?? 0, max_length)}`
    default:
      return ""
  }
}

const between = (least: number | undefined, most: number | undefined): string =>
  least === undefined
    ? most === undefined ? "" : ` up to ${most}`
    : most === undefined
    ? ` from ${least}`
    : ` from ${least} to ${most}`

const isBetween = (value: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): boolean =>
  value >= least && value <= most

const valueOf = (spec: Spec, raw: string): string | number | boolean | undefined => {
  const { choices = [], max_length, max_value, min_length, min_value, type } = spec
  if (choices.length > 0) return choices.find(({ name, value }) => name === raw || String(value) === raw)?.value
  const number = raw === "" ? Number.NaN : Number(raw)
  switch (type) {
    case OptionType.integer:
      return /^-?\d{1,15}$/.test(raw) && isBetween(number, min_value, max_value) ? number : undefined
    case OptionType.number:
      return Number.isFinite(number) && isBetween(number, min_value, max_value) ? number : undefined
    case OptionType.boolean:
      return raw === "true" ? true : raw === "false" ? false : undefined
    case OptionType.string:
      return isBetween(raw.length, min_length, max_length) ? raw : undefined
    default:
      // Users, channels and roles are given by id or mention.
      return raw.replace(/^<[@#]?[!&]?(\d+)>$/, "$1")
  }
}

/** The option that a half-written line ends with, and what is written of it; the others as far as they are there. */
export interface Focus<Of extends Spec> {
  readonly option: Of
  readonly typed: string
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
  const nested = specs.filter(({ type }) => type === OptionType.subcommand || type === OptionType.group)
  if (nested.length > 0) {
    const [word] = firstWord(line)
    const chosen = nested.find(({ name }) => name === word)
    const inner = chosen && /\s/.test(line) ? focusIn<Of>(chosen.options ?? [], line.slice(word.length)) : undefined
    return inner && chosen && { ...inner, options: [{ name: chosen.name, type: chosen.type, options: inner.options }] }
  }
  const done: Array<Argument> = []
  let open = specs
  let left = line
  for (;;) {
    const named = open.find(({ name }) => left.startsWith(`${name}:`))
    const option = named ?? open[0]
    if (option === undefined) return undefined
    if (named !== undefined) left = left.slice(named.name.length + 1).trimStart()
    open = open.filter((other) => other !== option)
    const takesAll = option.type === OptionType.string && open.length === 0
    if (takesAll || !/\s/.test(left)) {
      const focused = { name: option.name, type: option.type, value: left, focused: true }
      return { option, typed: left, options: [...done, focused] }
    }
    const [word, rest] = firstWord(left)
    const value = valueOf(option, word)
    if (value !== undefined) done.push({ name: option.name, type: option.type, value })
    left = rest
  }
}
