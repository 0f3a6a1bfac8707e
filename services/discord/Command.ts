/**
 * A command of the bot: one file that says its name, its options by schema, and what it answers.
 *
 * **Example**
 *
 * ```ts
 * export default Command.make({
 *   name: "roll",
 *   description: "Rolls a die",
 *   options: { sides: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 100 })).annotate({ description: "Its sides" }) },
 *   run: ({ options: { sides } }) => Effect.map(Random.nextIntBetween(1, sides), (rolled) => `You rolled ${rolled}.`)
 * })
 * ```
 */
import { PermissionFlagsBits } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { registerForm } from "./commandForms.ts"
import { type Fields, hasFile, isDescription, isName, localized, register, type Words } from "./commandOptions.ts"
import {
  type ButtonHandler,
  type Command,
  type Completer,
  type Completers,
  type CompletersNeed,
  type Definition,
  Failed,
  type Failure,
  type Form,
  type FormDefinition,
  type Pressed,
  type Registered,
  type Reply,
  type Values
} from "./commandTypes.ts"

export { group } from "./commandGroup.ts"
export { Channel, File, Role, User } from "./commandOptions.ts"
export * from "./commandTypes.ts"

/** Makes a command; throws a `TypeError` in words when Discord would not take it. */
export function make<
  const F extends Fields = Readonly<Record<never, never>>,
  C extends Completers<F> = Readonly<Record<never, never>>,
  Name extends string = never,
  R = never,
  R2 = never
>(of: Definition<F, C, Name, R, R2>): Command<R | R2 | CompletersNeed<C>>
export function make<R>(of: Definitions<R>): Command<R> {
  return made(of, undefined, of.run)
}

/**
 * Makes a command that asks for a form first; throws a `TypeError` in words when Discord would not take it.
 *
 * **Example**
 *
 * ```ts
 * export default Command.withForm({
 *   name: "report",
 *   description: "Reports somebody",
 *   options: { who: Command.User("Whom") },
 *   form: { title: "What happened?", fields: { story: Schema.String.annotate({ description: "The story" }) } },
 *   run: ({ form: { story }, options: { who } }) => Effect.succeed(`<@${who}>: ${story}`)
 * })
 * ```
 */
export function withForm<
  const G extends Fields,
  const F extends Fields = Readonly<Record<never, never>>,
  C extends Completers<F> = Readonly<Record<never, never>>,
  Name extends string = never,
  R = never,
  R2 = never
>(of: FormDefinition<F, C, Name, R, R2, G>): Command<R | R2 | CompletersNeed<C>>
export function withForm<R>(of: FormDefinitions<R>): Command<R> {
  return made(of, of.form, of.run)
}

const made = <R>(
  of: Omit<Definitions<R>, "run">,
  form: Form<Fields> | undefined,
  run: FormDefinitions<R>["run"]
): Command<R> => {
  const { buttons = {}, complete = {}, name, options: fields = {}, permissions: names = [] } = of
  if (form !== undefined && hasFile(fields)) {
    throw new TypeError(`The command /${name} takes a file, and has a form: it can't have both.`)
  }
  const decode = decoder(fields)
  const decodeForm = decoder(form?.fields ?? {})
  const permissions = names.reduce((all, name) => all | PermissionFlagsBits[name], 0n)
  return {
    registered: registeredOf(of, permissions),
    name,
    commands: [],
    form: form && registerForm(`The command /${name}`, form),
    takesFiles: hasFile(fields),
    isPrivate: of.isPrivate ?? false,
    isWork: of.isWork ?? false,
    permissions,
    run: (values, asked, filled = {}) =>
      Effect.flatMap(
        decode(values),
        (options) => Effect.flatMap(decodeForm(filled), (form) => run({ ...asked, options, form }))
      ),
    complete: (option, typed, asked) => own(complete, option)?.(typed, asked),
    button: (name) => {
      const handler = own(buttons, name)
      return handler && { answer: handler.answer ?? "update", form: handler.form, run: handler.run }
    }
  }
}

/**
 * Makes a button that asks for a form first.
 *
 * **Example**
 *
 * ```ts
 * buttons: {
 *   rename: Command.button({
 *     form: { title: "Another name", fields: { name: Schema.String.annotate({ description: "Its name" }) } },
 *     run: ({ argument, form: { name } }) => Effect.succeed(`${argument} is called ${name} now.`)
 *   })
 * }
 * ```
 */
export const button = <const G extends Fields, Name extends string = never, R = never>(of: {
  readonly answer?: "update" | "message" | "private"
  readonly form: Form<G>
  readonly run: (
    pressed: Omit<Pressed, "filled"> & { readonly form: Schema.Struct.Type<G> }
  ) => Effect.Effect<Reply<Name>, Failure, R>
}): ButtonHandler<Name, R> => {
  const decode = decoder(of.form.fields)
  return {
    answer: of.answer ?? "update",
    form: registerForm("A button", of.form),
    run: ({ filled, ...pressed }) => Effect.flatMap(decode(filled), (form) => of.run({ ...pressed, form }))
  }
}

/** Decodes what people gave, or says in a sentence what is wrong with it. */
const decoder = <F extends Fields>(fields: F) => {
  const decode = Schema.decodeUnknownEffect(Schema.Struct(fields))
  return (values: Values): Effect.Effect<Schema.Struct.Type<F>, Failed> =>
    Effect.mapError(decode(values), (error) => new Failed({ detail: `I can't use that: ${error.message}` }))
}

/** What is at a name that others chose, and nothing that every object has. */
const own = <A>(of: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined

type Definitions<R> = Definition<Fields, Readonly<Record<string, Completer<R>>>, string, R, R>
type FormDefinitions<R> = FormDefinition<Fields, Readonly<Record<string, Completer<R>>>, string, R, R, Fields>

const registeredOf = <R>(of: Omit<Definitions<R>, "run">, permissions: bigint): Registered => {
  const { complete = {}, description, name, options = {} } = of
  const contexts = of.contexts ?? (permissions === 0n ? ["server", "direct"] : ["server"])
  const problem = problemOf(of, contexts, permissions)
  if (problem !== undefined) throw new TypeError(problem)
  const locales = Object.entries<
    (Words & { readonly options?: Readonly<Record<string, Words | undefined>> }) | undefined
  >(
    of.locales ?? {}
  )
  return {
    type: 1,
    name,
    description,
    options: register(name, options, {
      completes: new Set(Object.keys(complete)),
      locales: locales.map(([locale, words]) => [locale, words?.options ?? {}])
    }),
    contexts: contexts.map((context) => context === "server" ? 0 : 1),
    default_member_permissions: permissions === 0n ? null : String(permissions),
    ...localized(locales)
  }
}

/** Why Discord would not take a command, its options aside. */
const problemOf = <R>(
  { buttons = {}, description, name }: Omit<Definitions<R>, "run">,
  contexts: ReadonlyArray<string>,
  permissions: bigint
): string | undefined => {
  if (!isName(name)) return `A command can't be called "${name}": a name is 1 to 32 small letters, digits, - and _.`
  if (!isDescription(description)) return `The command /${name} needs a description, 1 to 100 characters.`
  const button = Object.keys(buttons).find((button) => !isName(button))
  if (button !== undefined) return `The command /${name} has a button "${button}": small letters, digits, - and _.`
  if (contexts.length === 0) return `The command /${name} can be given nowhere: its contexts are empty.`
  return permissions !== 0n && contexts.includes("direct")
    ? `The command /${name} takes permissions, which nobody has in direct messages.`
    : undefined
}
