/** A command's options: declared by schemas, registered as Discord wants them. */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { Spec } from "./optionValues.ts"

/** Names of a command's options, each with the schema of its value. */
export type Fields = Readonly<Record<string, Schema.Codec<unknown, unknown>>>

/** A name and a description in another language. */
export interface Words {
  readonly name?: string
  readonly description?: string
}

/** An option, a subcommand or a group of them as Discord takes it. Only options are `required`, or proposed values for. */
export interface RegisteredOption extends Spec {
  readonly description: string
  readonly autocomplete?: boolean
  readonly options?: ReadonlyArray<RegisteredOption>
  readonly name_localizations?: Readonly<Record<string, string>>
  readonly description_localizations?: Readonly<Record<string, string>>
}

const typeKey = "heddle-services/discord/option"

const Id = Schema.String.check(Schema.isPattern(/^\d{1,20}$/))
const idOf = (type: number) => (description: string) => Id.annotate({ description, [typeKey]: type })

/** An option that names a person; its value is the person's id. */
export const User = idOf(6)
/** An option that names a channel; its value is the channel's id. */
export const Channel = idOf(7)
/** An option that names a role; its value is the role's id. */
export const Role = idOf(8)

const fileType = 11

/**
 * A file that comes with a command.
 *
 * **Details**
 * - `url`: where Discord keeps it for a while. `bytes`: its size. `type`: its media type, as far as Discord knows it.
 */
const GivenFile = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  url: Schema.String,
  bytes: Schema.Int,
  type: Schema.optionalKey(Schema.String)
})
export type GivenFile = typeof GivenFile.Type

/** An option that is a file. Such a command can't be typed as a message. */
export const File = (description: string) => GivenFile.annotate({ description, [typeKey]: fileType })

/** Whether one of these is a file. */
export const hasFile = (fields: Fields): boolean =>
  Object.values(fields).some(({ ast }) => SchemaAST.resolveAt<number>(typeKey)(ast) === fileType)

const mostOptions = 25
const optionName = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u

/** Whether Discord takes a text as the name of a command or of an option. */
export const isName = (name: string): boolean => optionName.test(name) && name === name.toLowerCase()

/** Whether Discord takes a text as a description. */
export const isDescription = (text: string): boolean => text.length >= 1 && text.length <= 100

/** What of JSON Schema a value of one of Discord's types has. */
const Shape = Schema.Struct({
  type: Schema.Literals(["string", "integer", "number", "boolean"]),
  enum: Schema.optionalKey(Schema.Array(Schema.Union([Schema.String, Schema.Finite]))),
  minLength: Schema.optionalKey(Schema.Int),
  maxLength: Schema.optionalKey(Schema.Int),
  minimum: Schema.optionalKey(Schema.Finite),
  maximum: Schema.optionalKey(Schema.Finite),
  exclusiveMinimum: Schema.optionalKey(Schema.Finite),
  exclusiveMaximum: Schema.optionalKey(Schema.Finite),
  description: Schema.optionalKey(Schema.String)
})
type Shape = typeof Shape.Type
export const isShape: (value: unknown) => value is Shape = Schema.is(Shape)

const types = { string: 3, integer: 4, boolean: 5, number: 10 } as const

/**
 * Derives Discord's options from schemas.
 *
 * **Details**
 * - Texts, whole numbers, numbers and booleans become Discord's types, literals become choices, and what a schema says of
 *   lengths and ranges is given to Discord, as far as it has a word for it. `Schema.optionalKey` makes an option optional.
 * - The description is the schema's. Required options come first, as Discord wants them.
 * - Throws a `TypeError` that names the command and the option when Discord would not take it.
 */
export const register = (command: string, fields: Fields, of: {
  readonly completes: ReadonlySet<string>
  readonly locales: ReadonlyArray<readonly [locale: string, words: Readonly<Record<string, Words | undefined>>]>
}): ReadonlyArray<RegisteredOption> => {
  const { properties, required } = propertiesOf(fields)
  const fail = (what: string): never => {
    throw new TypeError(`The command /${command} ${what}`)
  }
  const options = Object.entries(fields).map(([name, field]): RegisteredOption => {
    if (!isName(name)) return fail(`has an option "${name}": a name is 1 to 32 small letters, digits, - and _.`)
    const type = SchemaAST.resolveAt<number>(typeKey)(field.ast)
    const shape: unknown = type === fileType ? { type: "string" } : flat(properties[name])
    if (!isShape(shape)) {
      return fail(`has an option ${name} that is no text, number, boolean or literal. Discord has no others.`)
    }
    const description = shape.description ?? SchemaAST.resolveDescription(field.ast) ?? ""
    if (!isDescription(description)) {
      return fail(`needs a description of its option ${name}, 1 to 100 characters: .annotate({ description }).`)
    }
    const choices = shape.enum?.map((value) => ({ name: String(value), value }))
    const completes = of.completes.has(name)
    const problem = choices && problemOfChoices(name, choices.length, completes)
    if (problem !== undefined) return fail(problem)
    return {
      type: type ?? types[shape.type],
      name,
      description,
      required: required.includes(name),
      autocomplete: completes,
      ...(choices === undefined ? rangeOf(shape) : { choices }),
      ...localized(of.locales.map(([locale, words]) => [locale, words[name]]))
    }
  })
  if (options.length > mostOptions) return fail(`has more than ${mostOptions} options.`)
  for (const name of of.completes) if (!(name in fields)) fail(`proposes values for ${name}, which is no option.`)
  return [...options.filter(({ required }) => required), ...options.filter(({ required }) => required !== true)]
}

const problemOfChoices = (name: string, count: number, completes: boolean): string | undefined => {
  if (count > 25) return `has more than 25 choices for its option ${name}.`
  return completes ? `proposes values for its option ${name}, which has choices.` : undefined
}

/** The JSON Schemas of these, and which are required. */
export const propertiesOf = (fields: Fields) => {
  const { properties = {}, required = [] } = decodeObject(Schema.toJsonSchemaDocument(Schema.Struct(fields)).schema)
  return { properties, required }
}

const decodeObject = Schema.decodeUnknownSync(Schema.Struct({
  properties: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  required: Schema.optionalKey(Schema.Array(Schema.String))
}))

/** Checks of a schema that was annotated between them are parts of its JSON Schema. */
export const flat = (schema: unknown): unknown =>
  isParted(schema) ? Object.assign({}, schema, ...schema.allOf, { allOf: undefined }) : schema

const isParted = Schema.is(Schema.Struct({ allOf: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) }))

/** Discord's numbers are those that a double holds exactly. */
const isBound = (bound: number | undefined): bound is number =>
  bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER

const rangeOf = (shape: Shape): Pick<Spec, "min_value" | "max_value" | "min_length" | "max_length"> => {
  const { exclusiveMaximum, exclusiveMinimum, maxLength, maximum, minLength, minimum, type } = shape
  if (type === "boolean") return {}
  if (type === "string") {
    return {
      ...(minLength === undefined ? {} : { min_length: Math.min(minLength, 6000) }),
      ...(maxLength === undefined ? {} : { max_length: Math.min(Math.max(maxLength, 1), 6000) })
    }
  }
  // The number itself is excluded: of whole numbers the next one is the bound, of others the schema says no later.
  const step = type === "integer" ? 1 : 0
  const least = exclusiveMinimum === undefined ? minimum : exclusiveMinimum + step
  const most = exclusiveMaximum === undefined ? maximum : exclusiveMaximum - step
  return { ...(isBound(least) ? { min_value: least } : {}), ...(isBound(most) ? { max_value: most } : {}) }
}

/** Names and descriptions in other languages, as Discord takes them. */
export const localized = (
  words: ReadonlyArray<readonly [locale: string, words: Words | undefined]>
): Pick<RegisteredOption, "name_localizations" | "description_localizations"> => {
  const pick = (key: keyof Words): Readonly<Record<string, string>> | undefined => {
    const found = words.flatMap(([locale, of]) => of?.[key] === undefined ? [] : [[locale, of[key]] as const])
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }
  const [names, descriptions] = [pick("name"), pick("description")]
  return {
    ...(names === undefined ? {} : { name_localizations: names }),
    ...(descriptions === undefined ? {} : { description_localizations: descriptions })
  }
}
