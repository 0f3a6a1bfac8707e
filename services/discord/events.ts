/**
 * What the bot understands of the gateway's events: messages that people wrote, slash commands they gave, buttons they pressed,
 * and forms they sent.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Dispatch } from "./gateway.ts"

const User = Schema.Struct({
  id: Schema.optionalKey(Schema.String),
  username: Schema.String,
  bot: Schema.optionalKey(Schema.Boolean)
})
export type User = typeof User.Type

const Message = Schema.Struct({
  id: Schema.String,
  channel_id: Schema.String,
  guild_id: Schema.optionalKey(Schema.String),
  content: Schema.String,
  author: User
})
export type Message = typeof Message.Type

const common = {
  id: Schema.String,
  token: Schema.String,
  application_id: Schema.String,
  channel_id: Schema.optionalKey(Schema.String),
  guild_id: Schema.optionalKey(Schema.String),
  locale: Schema.optionalKey(Schema.String),
  /** In a server `member` says who it was, in a direct message `user`. */
  member: Schema.optionalKey(Schema.Struct({ user: User, permissions: Schema.optionalKey(Schema.String) })),
  user: Schema.optionalKey(User)
}
const option = {
  name: Schema.String,
  type: Schema.optionalKey(Schema.Int),
  value: Schema.optionalKey(Schema.Unknown),
  focused: Schema.optionalKey(Schema.Boolean)
}
const optionsOf = <S extends Schema.Codec<unknown, unknown>>(of: S) => Schema.optionalKey(Schema.Array(of))
/** Options may be a subcommand, or a group of them: no more levels than that. */
const Options = optionsOf(Schema.Struct({
  ...option,
  options: optionsOf(Schema.Struct({ ...option, options: optionsOf(Schema.Struct(option)) }))
}))
const Attachment = Schema.Struct({
  id: Schema.String,
  filename: Schema.String,
  url: Schema.String,
  size: Schema.Int,
  content_type: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const CommandData = Schema.Struct({
  name: Schema.String,
  options: Options,
  resolved: Schema.optionalKey(
    Schema.Struct({ attachments: Schema.optionalKey(Schema.Record(Schema.String, Attachment)) })
  )
})
export type CommandData = typeof CommandData.Type

/** A field of a form that was sent: a text, or what was chosen in a menu. */
const Field = Schema.Struct({
  custom_id: Schema.String,
  value: Schema.optionalKey(Schema.NullOr(Schema.String)),
  values: Schema.optionalKey(Schema.Array(Schema.String))
})
const FormData = Schema.Struct({
  custom_id: Schema.String,
  components: Schema.Array(
    Schema.Struct({ component: Schema.optionalKey(Field), components: Schema.optionalKey(Schema.Array(Field)) })
  )
})
export type FormData = typeof FormData.Type

/** 2 is a command, 3 a button that was pressed, 4 an option that somebody is writing, 5 a form that was sent. */
const Interaction = Schema.Union([
  Schema.Struct({ ...common, type: Schema.Literals([2, 4]), data: CommandData }),
  Schema.Struct({ ...common, type: Schema.Literal(3), data: Schema.Struct({ custom_id: Schema.String }) }),
  Schema.Struct({ ...common, type: Schema.Literal(5), data: FormData })
])
export type Interaction = typeof Interaction.Type

export type Heard =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "interaction"; readonly interaction: Interaction }

const decodeMessage = Schema.decodeUnknownOption(Message)
const decodeInteraction = Schema.decodeUnknownOption(Interaction)

/** Decodes an event; none for what the bot has no use for, bots' messages and its own among it. */
export const decode = ({ data, type }: Dispatch): Option.Option<Heard> => {
  switch (type) {
    case "MESSAGE_CREATE":
      return decodeMessage(data).pipe(
        Option.filter((message) => message.author.bot !== true),
        Option.map((message) => ({ kind: "message", message }))
      )
    case "INTERACTION_CREATE":
      return Option.map(decodeInteraction(data), (interaction) => ({ kind: "interaction", interaction }))
    default:
      return Option.none()
  }
}

/** Who gave a slash command, pressed a button or sent a form. */
export const giver = ({ member, user }: Interaction): User => member?.user ?? user ?? { username: "someone" }

/** What tells people apart. */
export const idOf = ({ id, username }: User): string => id ?? username
