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
import { type APIEmbed, type Locale as DiscordLocale, PermissionFlagsBits } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ActorError, System } from "heddle"
import {
  type Fields,
  isDescription,
  isName,
  localized,
  register,
  type RegisteredOption,
  type Words
} from "./commandOptions.ts"
import type { BotStatus } from "./DiscordBot.ts"

export { Channel, Role, User } from "./commandOptions.ts"

/** A language, as Discord calls it: `"de"`, `"en-US"`. */
export type Locale = `${DiscordLocale}`

/** A permission by Discord's name: `"ManageMessages"`. */
export type Permission = keyof typeof PermissionFlagsBits

/** Why a command was not carried out, in a sentence for the person who gave it. */
export class Failed extends Schema.TaggedError<Failed>()("CommandFailed", { detail: Schema.String }) {
  override get message(): string {
    return this.detail
  }
}

/** What a command may fail with; the bot says both in words. Everything else is the command's to handle. */
export type Failure = Failed | ActorError.ActorError

/**
 * A button of an answer.
 *
 * **Details**
 * - `button`: the name of one of the command's `buttons`, which is run when somebody presses it, after a restart as well.
 * - `argument`: given to it. With the command's and the button's names, and two colons, at most 100 characters.
 * - `url`: in place of `button`, a page that it opens.
 */
export type Button<Name extends string = string> =
  & { readonly label: string; readonly disabled?: boolean }
  & (
    | {
      readonly button: Name
      readonly argument?: string
      readonly style?: "primary" | "secondary" | "success" | "danger"
    }
    | { readonly url: string }
  )

/**
 * An answer: a text, or more than that.
 *
 * **Details**
 * - `content` is cut to 2000 characters. Nobody is pinged by it.
 * - `buttons`: at most 25, five in a row. An answer without them takes away those of the message that it replaces.
 */
export type Reply<Name extends string = string> = string | {
  readonly content?: string
  readonly embeds?: ReadonlyArray<APIEmbed>
  readonly buttons?: ReadonlyArray<Button<Name>>
}

/** The bot itself, as a command sees it. */
export interface Bot {
  readonly status: Effect.Effect<BotStatus>
  readonly threads: Effect.Effect<ReadonlyArray<System.ThreadStatus>, ActorError.ActorError>
  /** All commands of the bot, in their order. */
  readonly commands: ReadonlyArray<Registered>
}

/**
 * Who asks, and where.
 *
 * **Details**
 * - `guildId`: null in direct messages.
 * - `locale`: the person's language; for a command that was typed as a message `"en-US"`, because Discord does not say it.
 * - `progress`: shows how far the answer has come, where there is a place for it.
 */
export interface Asked {
  readonly user: { readonly id: string; readonly name: string }
  readonly channelId: string
  readonly guildId: string | null
  readonly locale: string
  readonly bot: Bot
  readonly progress: (text: string) => Effect.Effect<void>
}

/** A command that was given, with its options. */
export interface Given<Options> extends Asked {
  readonly options: Options
}

/** Proposes values of an option, from what is written of it. */
export type Completer<R> = (typed: string, asked: Asked) => Effect.Effect<ReadonlyArray<Choice>, Failure, R>

/** Who proposes values, by option. */
export type Completers<F> = { readonly [K in keyof F]?: Completer<unknown> }

/** The actors that those who propose values need. */
type CompletersNeed<C> = C[keyof C] extends infer Each ? Each extends Completer<infer R> ? R : never : never

/** A button that was pressed. */
export interface Pressed extends Asked {
  readonly argument: string
}

/** A value that an option may have, under the name that people see. */
export type Choice = string | { readonly name: string; readonly value: string | number }

/**
 * What a button does.
 *
 * **Details**
 * - `answer`: `"update"` replaces the message that the button is on, `"message"` writes another, `"private"` one that only
 *   the person sees. Default `"update"`.
 */
export interface ButtonHandler<Name extends string, R> {
  readonly answer?: "update" | "message" | "private"
  readonly run: (pressed: Pressed) => Effect.Effect<Reply<Name>, Failure, R>
}

/**
 * **Details**
 * - `name`: 1 to 32 small letters, digits, `-` and `_`. `description`: 1 to 100 characters.
 * - `options`: a schema for each, with a description. What Discord or a person gives is decoded by it before `run`.
 * - `complete`: proposes up to 25 values while somebody writes an option; within two seconds, or nothing is proposed.
 * - `buttons`: those that answers may have.
 * - `isPrivate`: only the person who gave it sees the answer; it can't be typed as a message then. Default false.
 * - `isWork`: it may take long: it is announced at once, and limited for each person and channel. Default false.
 * - `permissions`: those that a person needs, all of them. The bot checks them again when the command is given and its
 *   buttons are pressed. Such a command is for servers, and can't be typed as a message. Default none.
 * - `contexts`: where it can be given. Default `["server", "direct"]`.
 * - `locales`: names and descriptions in other languages. `run` reads `locale` for its texts.
 */
export interface Definition<F extends Fields, C extends Completers<F>, Name extends string, R, R2> {
  readonly name: string
  readonly description: string
  readonly options?: F
  readonly complete?: C
  readonly buttons?: { readonly [K in Name]: ButtonHandler<NoInfer<Name>, R2> }
  readonly isPrivate?: boolean
  readonly isWork?: boolean
  readonly permissions?: ReadonlyArray<Permission>
  readonly contexts?: ReadonlyArray<"server" | "direct">
  readonly locales?: {
    readonly [L in Locale]?: Words & { readonly options?: { readonly [K in keyof F]?: Words } }
  }
  readonly run: (given: Given<Schema.Struct.Type<F>>) => Effect.Effect<Reply<NoInfer<Name>>, Failure, R>
}

/** A command as Discord takes it. */
export interface Registered {
  readonly type: 1
  readonly name: string
  readonly description: string
  readonly options: ReadonlyArray<RegisteredOption>
  readonly contexts: ReadonlyArray<0 | 1>
  readonly default_member_permissions: string | null
  readonly name_localizations?: Readonly<Record<string, string>>
  readonly description_localizations?: Readonly<Record<string, string>>
}

/** A command that needs the actors `R`. Made by `make`. */
export interface Command<out R = never> {
  readonly registered: Registered
  readonly isPrivate: boolean
  readonly isWork: boolean
  /** The bits of the permissions that it takes; 0 for none. */
  readonly permissions: bigint
  /** Decodes the values and carries the command out. */
  readonly run: (values: Readonly<Record<string, unknown>>, asked: Asked) => Effect.Effect<Reply, Failure, R>
  /** Proposes values of the option; undefined when it has no proposals. */
  readonly complete: (
    option: string,
    typed: string,
    asked: Asked
  ) => Effect.Effect<ReadonlyArray<Choice>, Failure, R> | undefined
  /** What the button does; undefined when there is none of this name. */
  readonly button: (name: string) => {
    readonly answer: "update" | "message" | "private"
    readonly run: (pressed: Pressed) => Effect.Effect<Reply, Failure, R>
  } | undefined
}

/** Makes a command; throws a `TypeError` in words when Discord would not take it. */
export function make<
  const F extends Fields = Readonly<Record<never, never>>,
  C extends Completers<F> = Readonly<Record<never, never>>,
  Name extends string = never,
  R = never,
  R2 = never
>(of: Definition<F, C, Name, R, R2>): Command<R | R2 | CompletersNeed<C>>
export function make<R>(of: Definition<Fields, Readonly<Record<string, Completer<R>>>, string, R, R>): Command<R> {
  const { buttons = {}, complete = {}, options: fields = {}, permissions: names = [] } = of
  const decode = Schema.decodeUnknownEffect(Schema.Struct(fields))
  const permissions = names.reduce((all, name) => all | PermissionFlagsBits[name], 0n)
  return {
    registered: registeredOf(of, permissions),
    isPrivate: of.isPrivate ?? false,
    isWork: of.isWork ?? false,
    permissions,
    run: (values, asked) =>
      decode(values).pipe(
        Effect.mapError((error) => new Failed({ detail: `I can't use that: ${error.message}` })),
        Effect.flatMap((options) => of.run({ ...asked, options }))
      ),
    complete: (option, typed, asked) => own(complete, option)?.(typed, asked),
    button: (name) => {
      const handler = own(buttons, name)
      return handler && { answer: handler.answer ?? "update", run: handler.run }
    }
  }
}

/** What is at a name that others chose, and nothing that every object has. */
const own = <A>(of: Readonly<Record<string, A>>, name: string): A | undefined =>
  Object.hasOwn(of, name) ? of[name] : undefined

type Definitions<R> = Definition<Fields, Readonly<Record<string, Completer<R>>>, string, R, R>

const registeredOf = <R>(of: Definitions<R>, permissions: bigint): Registered => {
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
  { buttons = {}, description, name }: Definitions<R>,
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
