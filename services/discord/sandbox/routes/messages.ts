/** Routes of messages: writing, reading, editing, deleting, pins, typing. */
import * as Schema from "effect/Schema"
import { type Channel, isThread, takesMessages } from "../channels.ts"
import { intentFor } from "../frames.ts"
import { MessageType, whereIs } from "../message.ts"
import { check, isReply } from "../messageBody.ts"
import * as replies from "../replies.ts"
import { guilds, inChannel, type Parts } from "./parts.ts"
import { found, type Handle, limitOf, messageLimit, type Request, type Route, withBody } from "./route.ts"

const mostPins = 250

export const messageRoutes = (of: Parts): ReadonlyArray<Route> => {
  const { messages, world } = of
  const within = inChannel(world)
  const inText = (handle: (channel: Channel, request: Request) => replies.Reply): Handle =>
    within((channel, request) => takesMessages(channel) ? handle(channel, request) : replies.wrongChannel)
  const ofMessage = (
    handle: (message: NonNullable<ReturnType<typeof messages.in>>, request: Request) => replies.Reply
  ) =>
    inText((channel, request) =>
      found(messages.in(channel, request.ids[1]), replies.unknownMessage, (message) => handle(message, request))
    )
  const listed = inText((channel, { query }) => {
    const limit = limitOf(query, 50, 100)
    return typeof limit !== "number" ? limit : replies.ok(messages.list(channel, {
      limit,
      before: query.get("before"),
      after: query.get("after"),
      around: query.get("around")
    }))
  })
  const tidied = withBody(
    Schema.Struct({ messages: Schema.Array(Schema.String) }),
    (body, request) =>
      within((channel) => {
        const some = body.messages.flatMap((id) => messages.in(channel, id) ?? [])
        if (body.messages.length < 2 || body.messages.length > 100) {
          return replies.invalidForm("messages", "BASE_TYPE_BAD_LENGTH", "Must be between 2 and 100 in length.")
        }
        messages.removeMany(channel, some)
        return replies.noContent
      })(request)
  )
  return [
    {
      at: "POST /channels/:channel/typing",
      limit: messageLimit,
      handle: inText((channel) => {
        messages.typing(channel, world.bot)
        return replies.noContent
      })
    },
    ...pinRoutes(of),
    { at: "POST /channels/:channel/messages/bulk-delete", limit: messageLimit, handle: tidied },
    { at: "GET /channels/:channel/messages", limit: messageLimit, handle: listed },
    { at: "POST /channels/:channel/messages", limit: messageLimit, handle: inText(posting(of)) },
    {
      at: "GET /channels/:channel/messages/:message",
      limit: messageLimit,
      handle: ofMessage((message) => replies.ok(message))
    },
    {
      at: "PATCH /channels/:channel/messages/:message",
      limit: messageLimit,
      handle: ofMessage((message, { body, files }) =>
        message.author.id === world.bot.id ? of.interactions.edited(message, body, files) : replies.notYours
      )
    },
    {
      at: "DELETE /channels/:channel/messages/:message",
      limit: { limit: 5, lengthMillis: 1000 },
      handle: ofMessage((message) => {
        messages.remove(message)
        return replies.noContent
      })
    }
  ]
}

/** The bot writes a message. */
const posting = ({ files, messages, world }: Parts) => (channel: Channel, request: Request): replies.Reply => {
  const draft = check(request.body, { files: request.files.length })
  if (isReply(draft)) return draft
  if (isThread(channel) && channel.thread_metadata?.locked === true) return replies.archivedThread
  const earlier = draft.enforceNonce && draft.nonce !== undefined
    ? messages.withNonce(world.bot, draft.nonce)
    : undefined
  if (earlier !== undefined) return replies.ok(earlier)
  const replyTo = draft.replyTo === undefined ? undefined : messages.in(channel, draft.replyTo.id)
  if (draft.replyTo?.mustExist === true && replyTo === undefined) {
    return replies.invalidForm("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
  }
  const attachments = files.attach(channel.id, draft, request.files)
  return replies.ok(messages.post({ channel, author: world.bot, draft, attachments, replyTo }))
}

/** Pins, at their present paths and at those of before 2025. */
const pinRoutes = (of: Parts): ReadonlyArray<Route> => {
  const { messages, publish, world } = of
  const within = inChannel(world)
  const setting = (pinned: boolean): Handle =>
    within((channel, { ids: [, id] }) =>
      found(messages.in(channel, id), replies.unknownMessage, (message) => {
        if (pinned && messages.pins(channel).length >= mostPins) return replies.tooManyPins
        if (message.pinned === pinned) return replies.noContent
        const at = new Date().toISOString()
        messages.pin(message, pinned)
        world.channels.pinned(channel, at)
        publish({
          t: "CHANNEL_PINS_UPDATE",
          intent: channel.guild_id === undefined ? intentFor(channel, "messages") : guilds,
          isDirect: channel.guild_id === undefined,
          d: { channel_id: channel.id, last_pin_timestamp: at, ...whereIs(channel) }
        })
        if (pinned) {
          const draft = { flags: 0, enforceNonce: false, tts: false }
          messages.post({ channel, author: world.bot, draft, replyTo: message, type: MessageType.pinned })
        }
        return replies.noContent
      })
    )
  const paged = within((channel, { query }) => {
    const limit = limitOf(query, 50, 50)
    if (typeof limit !== "number") return limit
    const all = messages.pins(channel)
    return replies.ok({
      items: all.slice(0, limit).map((message) => ({
        message,
        pinned_at: message.edited_timestamp ?? message.timestamp
      })),
      has_more: all.length > limit
    })
  })
  return [
    { at: "GET /channels/:channel/messages/pins", handle: paged },
    { at: "PUT /channels/:channel/messages/pins/:message", limit: messageLimit, handle: setting(true) },
    { at: "DELETE /channels/:channel/messages/pins/:message", limit: messageLimit, handle: setting(false) },
    { at: "GET /channels/:channel/pins", handle: within((channel) => replies.ok(messages.pins(channel))) },
    { at: "PUT /channels/:channel/pins/:message", limit: messageLimit, handle: setting(true) },
    { at: "DELETE /channels/:channel/pins/:message", limit: messageLimit, handle: setting(false) }
  ]
}
