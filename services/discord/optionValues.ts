/** The values of a command's options, as people type them. */

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

/** Discord's types of options that are read from text by rules of their own. */
export const OptionType = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  file: 11
} as const

/** What an option takes, as the end of a sentence about it; nothing to say about texts without limits. */
export const expected = (spec: Spec): string => {
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

/** Reads a word as the value of an option; undefined when it is none. */
export const valueOf = (spec: Spec, raw: string): string | number | boolean | undefined => {
  const { choices = [], type } = spec
  if (choices.length > 0) return choices.find(({ name, value }) => name === raw || String(value) === raw)?.value
  switch (type) {
    case OptionType.integer:
      return numberOf(spec, /^-?\d{1,15}$/.test(raw) ? raw : "")
    case OptionType.number:
      return numberOf(spec, raw)
    case OptionType.boolean:
      return raw === "true" ? true : raw === "false" ? false : undefined
    case OptionType.string:
      return isBetween(raw.length, spec.min_length, spec.max_length) ? raw : undefined
    default:
      // Users, channels and roles are given by id or mention.
      return raw.replace(/^<[@#]?[!&]?(\d+)>$/, "$1")
  }
}

const numberOf = ({ max_value, min_value }: Spec, raw: string): number | undefined => {
  const number = raw === "" ? Number.NaN : Number(raw)
  return Number.isFinite(number) && isBetween(number, min_value, max_value) ? number : undefined
}
