/** What the bot understands of the gateway's events: messages that people wrote and slash commands they gave. */
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
  content: Schema.String,
  author: User
})
export type Message = typeof Message.Type

const Interaction = Schema.Struct({
  id: Schema.String,
  token: Schema.String,
  application_id: Schema.String,
  /** 2 is a command. */
  type: Schema.Literal(2),
  channel_id: Schema.optionalKey(Schema.String),
  /** In a server `member` says who it was, in a direct message `user`. */
  member: Schema.optionalKey(Schema.Struct({ user: User })),
  user: Schema.optionalKey(User),
  data: Schema.Struct({
    name: Schema.String,
    options: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.Unknown })))
  })
})
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

/** Who gave a slash command. */
export const giver = ({ member, user }: Interaction): User => member?.user ?? user ?? { username: "someone" }

/** What tells people apart. */
export const idOf = ({ id, username }: User): string => id ?? username
