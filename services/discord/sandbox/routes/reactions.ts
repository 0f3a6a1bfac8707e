/** Routes of reactions. */
import type { Message } from "../message.ts"
import { type Emoji, emojiOf } from "../reactions.ts"
import * as replies from "../replies.ts"
import { inChannel, type Parts } from "./parts.ts"
import { found, limitOf, type Request, type Route } from "./route.ts"

const limit = { limit: 1, lengthMillis: 250 }

export const reactionRoutes = ({ messages, world }: Parts): ReadonlyArray<Route> => {
  const { reactions } = messages
  const ofMessage = (handle: (message: Message, request: Request) => replies.Reply) =>
    inChannel(world)((channel, request) =>
      found(messages.in(channel, request.ids[1]), replies.unknownMessage, (message) => handle(message, request))
    )
  const ofEmoji = (handle: (message: Message, emoji: Emoji, request: Request) => replies.Reply) =>
    ofMessage((message, request) =>
      found(emojiOf(request.ids[2]), replies.unknownEmoji, (emoji) => handle(message, emoji, request))
    )
  const done = (message: Message) => {
    messages.refresh(message.id)
    return replies.noContent
  }
  const at = "/channels/:channel/messages/:message/reactions"
  return [
    {
      at: `PUT ${at}/:emoji/@me`,
      limit,
      handle: ofEmoji((message, emoji) =>
        reactions.add(message, emoji, world.bot) ? done(message) : replies.tooManyReactions
      )
    },
    {
      at: `DELETE ${at}/:emoji/@me`,
      limit,
      handle: ofEmoji((message, emoji) => {
        reactions.remove(message, emoji, world.bot)
        return done(message)
      })
    },
    {
      at: `DELETE ${at}/:emoji/:user`,
      limit,
      handle: ofEmoji((message, emoji, { ids: [, , , id] }) =>
        found(world.people.user(id), replies.unknownUser, (user) => {
          reactions.remove(message, emoji, user)
          return done(message)
        })
      )
    },
    {
      at: `GET ${at}/:emoji`,
      handle: ofEmoji((message, emoji, { query }) => {
        const most = limitOf(query, 25, 100)
        const after = BigInt(/^\d{1,20}$/.exec(query.get("after") ?? "")?.[0] ?? 0)
        return typeof most === "number"
          ? replies.ok(
            reactions.users(message.id, emoji)
              .toSorted((a, b) => BigInt(a.id) < BigInt(b.id) ? -1 : 1)
              .filter(({ id }) => BigInt(id) > after)
              .slice(0, most)
          )
          : most
      })
    },
    {
      at: `DELETE ${at}/:emoji`,
      limit,
      handle: ofEmoji((message, emoji) => {
        reactions.removeEmoji(message, emoji)
        return done(message)
      })
    },
    {
      at: `DELETE ${at}`,
      limit,
      handle: ofMessage((message) => {
        reactions.removeAll(message)
        return done(message)
      })
    }
  ]
}
