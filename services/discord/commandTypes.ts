/** What a command of the bot is made of, and what it is for the bot. */
import type { APIEmbed, Locale as DiscordLocale, PermissionFlagsBits } from "discord-api-types/v10"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { ActorError, System } from "heddle"
import type { Fields, RegisteredOption, Words } from "./commandOptions.ts"
import type { BotStatus } from "./DiscordBot.ts"

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

/**
 * A form that people fill in before a command or a button is carried out.
 *
 * **Details**
 * - `title`: 1 to 45 characters.
 * - `fields`: up to five, each a text or one of some texts, by its schema. The description is what is written at it, 1 to 45
 *   characters. A text of at most 100 characters has one line, a longer one several.
 */
export interface Form<G extends Fields> {
  readonly title: string
  readonly fields: G
}

/** A form as Discord takes it, but for its id. */
export interface RegisteredForm {
  readonly title: string
  readonly components: ReadonlyArray<object>
}

/** Values by the names of options or fields. */
export type Values = Readonly<Record<string, unknown>>

/** Proposes values of an option, from what is written of it. */
export type Completer<R> = (typed: string, asked: Asked) => Effect.Effect<ReadonlyArray<Choice>, Failure, R>

/** Who proposes values, by option. */
export type Completers<F> = { readonly [K in keyof F]?: Completer<unknown> }

/** The actors that those who propose values need. */
export type CompletersNeed<C> = C[keyof C] extends infer Each ? Each extends Completer<infer R> ? R : never : never

/** A button that was pressed, and what its form was filled with, if it has one: `Command.button` decodes that. */
export interface Pressed extends Asked {
  readonly argument: string
  readonly filled: Values
}

/** A value that an option may have, under the name that people see. */
export type Choice = string | { readonly name: string; readonly value: string | number }

/**
 * What a button does.
 *
 * **Details**
 * - `answer`: `"update"` replaces the message that the button is on, `"message"` writes another, `"private"` one that only
 *   the person sees. Default `"update"`.
 * - `form`: what is asked first. `Command.button` makes a handler with one.
 */
export interface ButtonHandler<Name extends string, R> {
  readonly answer?: "update" | "message" | "private"
  readonly form?: RegisteredForm
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

/**
 * A command that asks for a form first.
 *
 * **Details**
 * - `form`: asked when the command is given; `run` gets what it was filled with. The options that come with it have some 80
 *   characters together, and are no files. Such a command can't be typed as a message.
 */
export interface FormDefinition<
  F extends Fields,
  C extends Completers<F>,
  Name extends string,
  R,
  R2,
  G extends Fields
> extends Omit<Definition<F, C, Name, R, R2>, "run"> {
  readonly form: Form<G>
  readonly run: (
    given: Given<Schema.Struct.Type<F>> & { readonly form: Schema.Struct.Type<G> }
  ) => Effect.Effect<Reply<NoInfer<Name>>, Failure, R>
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

/** A command that needs the actors `R`. Made by `make` and `group`. */
export interface Command<out R = never> {
  readonly registered: Registered
  /** As people give it; of a subcommand with the names of its groups: `watch add`. */
  readonly name: string
  /** Its subcommands, none for a command that is given itself. */
  readonly commands: ReadonlyArray<Command<R>>
  /** What is asked before it runs. */
  readonly form: RegisteredForm | undefined
  /** Whether one of its options is a file. */
  readonly takesFiles: boolean
  readonly isPrivate: boolean
  readonly isWork: boolean
  /** The bits of the permissions that it takes; 0 for none. */
  readonly permissions: bigint
  /** Decodes the values, and those of its form, and carries the command out. */
  readonly run: (values: Values, asked: Asked, filled?: Values) => Effect.Effect<Reply, Failure, R>
  /** Proposes values of the option; undefined when it has no proposals. */
  readonly complete: (
    option: string,
    typed: string,
    asked: Asked
  ) => Effect.Effect<ReadonlyArray<Choice>, Failure, R> | undefined
  /** What the button does; undefined when there is none of this name. */
  readonly button: (name: string) => {
    readonly answer: "update" | "message" | "private"
    readonly form: RegisteredForm | undefined
    readonly run: (pressed: Pressed) => Effect.Effect<Reply, Failure, R>
  } | undefined
}
