/** A local Discord to try the bot against: the chat box of the page talks to it. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

const absent = Schema.optionalKey

/** A card of a message: title, text and fields. `color` is 24 bits of red, green and blue. */
export const ChatEmbed = Schema.Struct({
  title: absent(Schema.String),
  description: absent(Schema.String),
  url: absent(Schema.String),
  color: absent(Schema.Int),
  author: absent(Schema.String),
  footer: absent(Schema.String),
  timestamp: absent(Schema.String),
  image: absent(Schema.String),
  thumbnail: absent(Schema.String),
  fields: absent(Schema.Array(Schema.Struct({ name: Schema.String, value: Schema.String, inline: Schema.Boolean })))
})
export type ChatEmbed = typeof ChatEmbed.Type

/**
 * A component of a message, as a person sees it.
 *
 * **Details**
 * - `Button`: pressed by its `customId`; with a `url` it opens that page, and the bot is not told.
 * - `Menu`: `options` to choose from, `least` to `most` of them.
 * - `Text`: a text of a message made of components.
 */
export const ChatComponent = Schema.Union([
  Schema.TaggedStruct("Button", {
    customId: absent(Schema.String),
    url: absent(Schema.String),
    label: Schema.String,
    style: Schema.Literals(["primary", "secondary", "success", "danger", "link"]),
    disabled: Schema.Boolean
  }),
  Schema.TaggedStruct("Menu", {
    customId: Schema.String,
    placeholder: Schema.String,
    options: Schema.Array(
      Schema.Struct({ label: Schema.String, value: Schema.String, description: absent(Schema.String) })
    ),
    least: Schema.Int,
    most: Schema.Int,
    disabled: Schema.Boolean
  }),
  Schema.TaggedStruct("Text", { text: Schema.String })
])
export type ChatComponent = typeof ChatComponent.Type

/**
 * A message in the sandbox.
 *
 * **Details**
 * - `answers`: the id of the message or command that it replies to; null if it replies to none.
 * - `channel`: as people call it, `#general`; `channelId` names it. Both are absent for what the sandbox itself says.
 * - `onlyFor`: the name of the one person who can see it.
 * - `components`: in rows. What a message has not is absent.
 */
export const ChatMessage = Schema.Struct({
  id: Schema.String,
  author: Schema.String,
  fromBot: Schema.Boolean,
  content: Schema.String,
  answers: Schema.NullOr(Schema.String),
  atMillis: Schema.Finite,
  channel: absent(Schema.String),
  channelId: absent(Schema.String),
  embeds: absent(Schema.Array(ChatEmbed)),
  components: absent(Schema.Array(Schema.Array(ChatComponent))),
  attachments: absent(Schema.Array(
    Schema.Struct({ name: Schema.String, url: Schema.String, bytes: Schema.Int, type: Schema.String })
  )),
  reactions: absent(Schema.Array(Schema.Struct({ emoji: Schema.String, name: Schema.String, count: Schema.Int }))),
  thread: absent(Schema.Struct({ id: Schema.String, name: Schema.String })),
  onlyFor: absent(Schema.String),
  isEdited: absent(Schema.Boolean),
  isPinned: absent(Schema.Boolean),
  isDeleted: absent(Schema.Boolean)
})
export type ChatMessage = typeof ChatMessage.Type

/** Why a person could not do something in the sandbox, in a sentence. */
export class NotDone extends Schema.TaggedError<NotDone>()("NotDone", { detail: Schema.String }) {
  override get message(): string {
    return this.detail
  }
}

export class DiscordSandbox extends Actor.Service<DiscordSandbox>()("DiscordSandbox", [
  /** Where the sandbox listens, as `http://127.0.0.1:PORT`, and the token it accepts; null when a real token is set. */
  Rpc.make("Address", { success: Schema.NullOr(Schema.Struct({ url: Schema.String, token: Schema.String })) }),
  /** Writes something in the channel as a person. A text that begins with "/" is sent as a slash command. */
  Rpc.make("Say", { payload: { author: Schema.String, content: Schema.String }, success: ChatMessage }),
  /** Presses a button of a message, or chooses `values` in a menu of it. */
  Rpc.make("Press", {
    payload: {
      author: Schema.String,
      messageId: Schema.String,
      customId: Schema.String,
      values: absent(Schema.Array(Schema.String))
    },
    error: NotDone
  }),
  /** Adds a person's reaction to a message, or takes it back. */
  Rpc.make("React", {
    payload: { author: Schema.String, messageId: Schema.String, emoji: Schema.String },
    error: NotDone
  }),
  /** Changes a message of one's own. */
  Rpc.make("Edit", {
    payload: { author: Schema.String, messageId: Schema.String, content: Schema.String },
    error: NotDone
  }),
  /** Deletes a message of one's own. */
  Rpc.make("Delete", { payload: { author: Schema.String, messageId: Schema.String }, error: NotDone }),
  /** Leaves the guild. Who writes again joins again. */
  Rpc.make("Leave", { payload: { author: Schema.String }, error: NotDone }),
  /** The last 100 messages, then every new one. A message that was edited or deleted comes again with the same id. */
  Rpc.make("Transcript", { success: ChatMessage, stream: true })
]) {}
