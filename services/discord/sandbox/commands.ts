/** The bot's commands: what it registered, for all guilds or for one. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { locales } from "./locale.ts"
import type { Snowflakes } from "./snowflakes.ts"

/** Of each type. */
const maxCommands = { 1: 100, 2: 15, 3: 15 } as const

/** Kinds of commands: typed, of a user, of a message. */
export const CommandType = { chat: 1, user: 2, message: 3 } as const

const absent = Schema.optionalKey
const isLocale = Schema.is(Schema.Literals(locales))
const Localizations = absent(Schema.NullOr(
  Schema.Record(Schema.String, Schema.NullOr(Schema.String))
    .check(Schema.makeFilter((words) => Object.keys(words).every(isLocale)))
))
const Description = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))
const Name = Schema.String.check(Schema.isPattern(/^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u))
  .check(Schema.makeFilter((name) => name === name.toLowerCase()))

/** An option of a command. What Discord adds to it for clients is kept and not looked at. */
export interface CommandOption {
  readonly type: number
  readonly name: string
  readonly description: string
  readonly required?: boolean
  readonly autocomplete?: boolean
  readonly choices?: ReadonlyArray<{ readonly name: string; readonly value: string | number }>
  readonly options?: ReadonlyArray<CommandOption>
  readonly min_value?: number
  readonly max_value?: number
  readonly min_length?: number
  readonly max_length?: number
}

const CommandOption: Schema.Codec<CommandOption> = Schema.Struct({
  type: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 11 })),
  name: Name,
  description: Description,
  name_localizations: Localizations,
  description_localizations: Localizations,
  required: absent(Schema.Boolean),
  autocomplete: absent(Schema.Boolean),
  choices: absent(
    Schema.Array(
      Schema.Struct({ name: Schema.String, value: Schema.Union([Schema.String, Schema.Finite]) })
    ).check(Schema.isMaxLength(25))
  ),
  min_value: absent(Schema.Finite),
  max_value: absent(Schema.Finite),
  min_length: absent(Schema.Int),
  max_length: absent(Schema.Int),
  options: absent(Schema.Array(Schema.suspend((): Schema.Codec<CommandOption> => CommandOption)))
})

/** The body of a request that registers a command. */
const CommandBody = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(32)),
  type: absent(Schema.NullOr(Schema.Literals([1, 2, 3]))),
  description: absent(Schema.NullOr(Schema.String.check(Schema.isMaxLength(100)))),
  name_localizations: Localizations,
  description_localizations: Localizations,
  options: absent(Schema.NullOr(Schema.Array(CommandOption).check(Schema.isMaxLength(25)))),
  default_member_permissions: absent(Schema.NullOr(Schema.String)),
  dm_permission: absent(Schema.NullOr(Schema.Boolean)),
  nsfw: absent(Schema.NullOr(Schema.Boolean)),
  contexts: absent(Schema.NullOr(Schema.Array(Schema.Literals([0, 1, 2])))),
  integration_types: absent(Schema.NullOr(Schema.Array(Schema.Literals([0, 1]))))
})
export type CommandBody = typeof CommandBody.Type

const isName = Schema.is(Name)
// Not decoded: what the schema does not name is kept.
const isCommand = Schema.is(CommandBody)

/** Reads a command, or says in Discord's words what is wrong with it. */
export const read = (value: unknown): Result.Result<CommandBody, string> => {
  if (!isCommand(value)) {
    return Result.fail("Not a command: a name, a description, an option or a locale is wrong.")
  }
  const problem = problemOf(value)
  return problem === undefined ? Result.succeed(value) : Result.fail(problem)
}

const problemOf = (body: CommandBody): string | undefined => {
  if ((body.type ?? CommandType.chat) !== CommandType.chat) {
    return (body.description ?? "") === "" ? undefined : "Context menu commands cannot have description"
  }
  if (!isName(body.name)) return "Command name is invalid"
  if ((body.description ?? "") === "") return "description: This field is required"
  return problemOfOptions(body.options ?? [])
}

const problemOfOptions = (options: ReadonlyArray<CommandOption>): string | undefined => {
  if (new Set(options.map(({ name }) => name)).size < options.length) {
    return "Application command option names must be unique"
  }
  const firstOptional = options.findIndex(({ required, type }) => type > 2 && required !== true)
  if (firstOptional >= 0 && options.slice(firstOptional).some(({ required }) => required === true)) {
    return "Required options must be placed before non-required options"
  }
  if (options.some(({ autocomplete, choices = [] }) => autocomplete === true && choices.length > 0)) {
    return "Autocomplete options cannot have choices"
  }
  return options.map(({ options = [] }) => problemOfOptions(options)).find((problem) => problem !== undefined)
}

/** A registered command. `guild_id` is absent where it is for all. */
export interface Command {
  readonly id: string
  readonly application_id: string
  readonly version: string
  readonly type: 1 | 2 | 3
  readonly name: string
  readonly description: string
  readonly options: ReadonlyArray<CommandOption>
  readonly default_member_permissions: string | null
  readonly nsfw: boolean
  readonly contexts: ReadonlyArray<number> | null
  readonly guild_id?: string
}

/** The commands of the application: `undefined` names those for all guilds. */
export class Commands {
  readonly #applicationId: string
  readonly #snowflakes: Snowflakes
  readonly #byScope = new Map<string | undefined, Map<string, Command>>()

  constructor(applicationId: string, snowflakes: Snowflakes) {
    this.#applicationId = applicationId
    this.#snowflakes = snowflakes
  }

  #of(scope: string | undefined): Map<string, Command> {
    const known = this.#byScope.get(scope) ?? new Map<string, Command>()
    this.#byScope.set(scope, known)
    return known
  }

  all(scope?: string): Array<Command> {
    return [...this.#of(scope).values()]
  }

  /** What people can use, in a guild or in direct messages: a guild's own commands hide others of the same name. */
  usable(scope: string | undefined): Array<Command> {
    const global = this.all().filter(({ contexts }) =>
      contexts === null || contexts.includes(scope === undefined ? 1 : 0)
    )
    if (scope === undefined) return global
    const own = this.#of(scope)
    return [...own.values(), ...global.filter(({ name, type }) => !own.has(`${type} ${name}`))]
  }

  get(scope: string | undefined, id: string): Command | undefined {
    return this.all(scope).find((command) => command.id === id)
  }

  /** Whether there is room for one more of this type. */
  hasRoom(scope: string | undefined, body: CommandBody): boolean {
    const type = body.type ?? CommandType.chat
    const others = this.all(scope).filter((command) => command.type === type && command.name !== body.name)
    return others.length < maxCommands[type]
  }

  /** Registers a command, in place of the one with this name and type. */
  put(
    scope: string | undefined,
    body: CommandBody,
    wantedId?: string
  ): { readonly command: Command; readonly isNew: boolean } {
    const type = body.type ?? CommandType.chat
    const key = `${type} ${body.name}`
    const old = this.#of(scope).get(key)
    const command: Command = {
      ...filledIn(body),
      id: wantedId ?? old?.id ?? this.#snowflakes.next(),
      application_id: this.#applicationId,
      version: this.#snowflakes.next(),
      type,
      ...(scope === undefined ? {} : { guild_id: scope })
    }
    this.#of(scope).set(key, command)
    return { command, isNew: old === undefined }
  }

  /** Registers these and no others. Commands that stay keep their ids. */
  replace(scope: string | undefined, bodies: ReadonlyArray<CommandBody>): Array<Command> {
    const keys = new Set(bodies.map(({ name, type }) => `${type ?? CommandType.chat} ${name}`))
    for (const key of this.#of(scope).keys()) if (!keys.has(key)) this.#of(scope).delete(key)
    return bodies.map((body) => this.put(scope, body).command)
  }

  remove(command: Command): void {
    this.#of(command.guild_id).delete(`${command.type} ${command.name}`)
  }
}

/** A command's body with Discord's values for what it leaves out. */
const filledIn = (body: CommandBody) => {
  const noDirect = body.dm_permission === false && (body.contexts ?? null) === null
  return {
    integration_types: [0],
    name_localizations: null,
    description_localizations: null,
    ...body,
    description: body.description ?? "",
    options: body.options ?? [],
    default_member_permissions: body.default_member_permissions ?? null,
    nsfw: body.nsfw ?? false,
    contexts: noDirect ? [0] : body.contexts ?? null
  }
}

/** Whether a list has too many commands of a type. */
export const areTooMany = (bodies: ReadonlyArray<CommandBody>): boolean =>
  ([1, 2, 3] as const).some((type) =>
    bodies.filter((body) => (body.type ?? CommandType.chat) === type).length > maxCommands[type]
  )
