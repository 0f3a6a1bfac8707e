/** The bot's slash commands: what it registered, and how a line that begins with "/" becomes a call of one. */
import type { APIApplicationCommand } from "discord-api-types/v10"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Snowflakes } from "./world.ts"

export const maxCommands = 100

const chatInput = 1

/** The body of a request that registers a command. Options are kept as they came. */
export const CommandBody = Schema.Struct({
  name: Schema.String.check(Schema.isPattern(/^[-_'\p{L}\p{N}]{1,32}$/u)),
  type: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  description: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(100))),
  options: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Unknown))),
  default_member_permissions: Schema.optionalKey(Schema.NullOr(Schema.String)),
  nsfw: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  contexts: Schema.optionalKey(Schema.NullOr(Schema.mutable(Schema.Array(Schema.Literals([0, 1, 2]))))),
  integration_types: Schema.optionalKey(Schema.NullOr(Schema.mutable(Schema.Array(Schema.Literals([0, 1])))))
})
export type CommandBody = typeof CommandBody.Type

/** An option of a command, as far as the sandbox looks into it. */
interface Spec {
  readonly type: number
  readonly name: string
  readonly required?: boolean
  readonly choices?: ReadonlyArray<{ readonly name: string; readonly value: string | number }>
  readonly options?: ReadonlyArray<Spec>
}

const Spec: Schema.Codec<Spec> = Schema.Struct({
  type: Schema.Int,
  name: Schema.String,
  required: Schema.optionalKey(Schema.Boolean),
  choices: Schema.optionalKey(Schema.Array(
    Schema.Struct({ name: Schema.String, value: Schema.Union([Schema.String, Schema.Finite]) })
  )),
  options: Schema.optionalKey(Schema.Array(Schema.suspend((): Schema.Codec<Spec> => Spec)))
})

const decodeSpecs = Schema.decodeUnknownOption(Schema.Array(Spec))

/** A registered command. */
export type Command = Omit<APIApplicationCommand, "options"> & { readonly options: ReadonlyArray<unknown> }

/** The commands of the one application, by name and type. */
export class Commands {
  readonly #applicationId: string
  readonly #snowflakes: Snowflakes
  #byKey = new Map<string, Command>()

  constructor(applicationId: string, snowflakes: Snowflakes) {
    this.#applicationId = applicationId
    this.#snowflakes = snowflakes
  }

  get all(): Array<Command> {
    return [...this.#byKey.values()]
  }

  /** The names of the commands that a person can type, with their slash. */
  get names(): Array<string> {
    return this.all.filter(({ type }) => type === chatInput).map(({ name }) => `/${name}`)
  }

  get(id: string): Command | undefined {
    return this.all.find((command) => command.id === id)
  }

  find(name: string): Command | undefined {
    return this.#byKey.get(`${chatInput} ${name}`)
  }

  /** Registers a command, in place of the one with this name and type. */
  put(body: CommandBody): { readonly command: Command; readonly isNew: boolean } {
    const type = body.type ?? chatInput
    const key = `${type} ${body.name}`
    const old = this.#byKey.get(key)
    const command = {
      id: old?.id ?? this.#snowflakes.next(),
      application_id: this.#applicationId,
      type,
      name: body.name,
      description: body.description ?? "",
      options: body.options ?? [],
      default_member_permissions: body.default_member_permissions ?? null,
      nsfw: body.nsfw ?? false,
      contexts: body.contexts ?? null,
      integration_types: body.integration_types ?? [0],
      version: this.#snowflakes.next()
    } satisfies Command
    this.#byKey.set(key, command)
    return { command, isNew: old === undefined }
  }

  /** Registers these and no others. Commands that stay keep their ids. */
  replace(bodies: ReadonlyArray<CommandBody>): Array<Command> {
    const keys = new Set(bodies.map(({ name, type }) => `${type ?? chatInput} ${name}`))
    for (const key of this.#byKey.keys()) if (!keys.has(key)) this.#byKey.delete(key)
    return bodies.map((body) => this.put(body).command)
  }

  remove(command: Command): void {
    this.#byKey.delete(`${command.type} ${command.name}`)
  }
}

/** A value for an option, as an interaction carries it. */
export interface Argument {
  readonly name: string
  readonly type: number
  readonly value?: string | number | boolean
  readonly options?: ReadonlyArray<Argument>
}

const OptionType = { subcommand: 1, group: 2, string: 3, integer: 4, boolean: 5, number: 10 } as const

/**
 * Reads what follows the command's name.
 *
 * **Details**
 * - `name:value` gives an option by name, anything else by position; the last text option takes all that is left.
 * - The first word names the subcommand, where a command has any.
 * - Fails with a sentence for the person who typed it.
 */
export const argumentsOf = (command: Command, text: string): Result.Result<ReadonlyArray<Argument>, string> =>
  Option.match(decodeSpecs(command.options), {
    onNone: () => Result.fail(`/${command.name} was registered with options that make no sense.`),
    onSome: (specs) => read(`/${command.name}`, specs, text.trim())
  })

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

const expected = ({ choices = [], type }: Spec): string =>
  choices.length > 0
    ? `: one of ${choices.map(({ name }) => name).join(", ")}`
    : type === OptionType.boolean
    ? ": true or false"
    : type === OptionType.integer
    ? ": a whole number"
    : type === OptionType.number
    ? ": a number"
    : ""

const valueOf = ({ choices = [], type }: Spec, raw: string): string | number | boolean | undefined => {
  if (choices.length > 0) return choices.find(({ name, value }) => name === raw || String(value) === raw)?.value
  switch (type) {
    case OptionType.integer:
      return /^-?\d{1,15}$/.test(raw) ? Number(raw) : undefined
    case OptionType.number:
      return raw !== "" && Number.isFinite(Number(raw)) ? Number(raw) : undefined
    case OptionType.boolean:
      return raw === "true" ? true : raw === "false" ? false : undefined
    case OptionType.string:
      return raw
    default:
      // Users, channels and roles are given by id or mention.
      return raw.replace(/^<[@#]?[!&]?(\d+)>$/, "$1")
  }
}
