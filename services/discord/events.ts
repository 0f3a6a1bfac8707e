/** What the bot understands of the gateway's events: messages that people wrote, slash commands they gave, and buttons they pressed. */
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
const CommandData = Schema.Struct({
  name: Schema.String,
  options: Schema.optionalKey(Schema.Array(
    Schema.Struct({ name: Schema.String, value: Schema.Unknown, focused: Schema.optionalKey(Schema.Boolean) })
  ))
})

/** 2 is a command, 3 a button that was pressed, 4 an option that somebody is writing. */
const Interaction = Schema.Union([
  Schema.Struct({ ...common, type: Schema.Literals([2, 4]), data: CommandData }),
  Schema.Struct({ ...common, type: Schema.Literal(3), data: Schema.Struct({ custom_id: Schema.String }) })
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

/** Who gave a slash command or pressed a button. */
export const giver = ({ member, user }: Interaction): User => member?.user ?? user ?? { username: "someone" }

/** What tells people apart. */
export const idOf = ({ id, username }: User): string => id ?? username
