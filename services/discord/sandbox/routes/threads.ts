/** Routes of threads and of their members. */
import * as Schema from "effect/Schema"
import { type Channel, ChannelType, isThread } from "../channels.ts"
import { MessageType } from "../message.ts"
import * as replies from "../replies.ts"
import { guilds, inChannel, inGuild, type Parts } from "./parts.ts"
import { found, type Handle, type Request, type Route, withBody } from "./route.ts"

const absent = Schema.optionalKey
const NewThread = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100)),
  auto_archive_duration: absent(Schema.NullOr(Schema.Literals([60, 1440, 4320, 10_080]))),
  type: absent(Schema.NullOr(Schema.Literals([10, 11, 12]))),
  invitable: absent(Schema.Boolean)
})

/** Routes of threads: how they begin, which there are, and who is in them. */
export const threadRoutes = (of: Parts): ReadonlyArray<Route> => [
  ...beginnings(of),
  ...lists(of),
  ...memberRoutes(of)
]

const beginnings = (of: Parts): ReadonlyArray<Route> => {
  const { channelsChanged, messages, publish, world } = of
  const { channels } = world
  const announce = (thread: Channel): replies.Reply => {
    publish({ t: "THREAD_CREATE", intent: guilds, d: { ...thread, newly_created: true } })
    channelsChanged()
    return replies.created(thread)
  }
  return [
    {
      at: "POST /channels/:channel/messages/:message/threads",
      limit: { limit: 5, lengthMillis: 5000 },
      handle: withBody(
        NewThread,
        ({ auto_archive_duration, name }, request) =>
          inChannel(world)((channel) =>
            found(messages.in(channel, request.ids[1]), replies.unknownMessage, (message) => {
              if (channel.guild_id === undefined || isThread(channel)) return replies.wrongChannel
              if (channels.get(message.id) !== undefined) return replies.threadExists
              const thread = channels.startThread({
                parent: channel,
                name,
                type: ChannelType.publicThread,
                ownerId: world.bot.id,
                id: message.id,
                autoArchiveMinutes: auto_archive_duration ?? undefined
              })
              const reply = announce(thread)
              messages.thread(message, thread)
              return reply
            })
          )(request)
      )
    },
    {
      at: "POST /channels/:channel/threads",
      limit: { limit: 5, lengthMillis: 5000 },
      handle: withBody(
        NewThread,
        ({ auto_archive_duration, invitable, name, type }, request) =>
          inChannel(world)((channel) => {
            if (channel.guild_id === undefined || isThread(channel)) return replies.wrongChannel
            const thread = channels.startThread({
              parent: channel,
              name,
              type: type ?? ChannelType.privateThread,
              ownerId: world.bot.id,
              autoArchiveMinutes: auto_archive_duration ?? undefined,
              invitable
            })
            if (thread.type !== ChannelType.privateThread) {
              const draft = { content: name, flags: 0, enforceNonce: false, tts: false }
              messages.post({ channel, author: world.bot, draft, type: MessageType.threadCreated })
            }
            return announce(thread)
          })(request)
      )
    }
  ]
}

const lists = ({ world }: Parts): ReadonlyArray<Route> => {
  const { channels } = world
  const listOf = (threads: ReadonlyArray<Channel>): replies.Reply =>
    replies.ok({
      threads,
      members: threads.flatMap(({ id }) =>
        channels.threadMembers(id).filter(({ user_id }) => user_id === world.bot.id)
      ),
      has_more: false
    })
  const archived = (type: number): Handle => inChannel(world)(({ id }) => listOf(channels.archivedThreads(id, type)))
  return [
    { at: "GET /guilds/:guild/threads/active", handle: inGuild(world)(() => listOf(channels.activeThreads)) },
    { at: "GET /channels/:channel/threads/archived/public", handle: archived(ChannelType.publicThread) },
    { at: "GET /channels/:channel/threads/archived/private", handle: archived(ChannelType.privateThread) },
    {
      at: "GET /channels/:channel/users/@me/threads/archived/private",
      handle: archived(ChannelType.privateThread)
    }
  ]
}

const memberRoutes = ({ publish, world }: Parts): ReadonlyArray<Route> => {
  const { channels } = world
  const inThread = (handle: (thread: Channel, request: Request) => replies.Reply): Handle =>
    inChannel(world)((channel, request) => isThread(channel) ? handle(channel, request) : replies.wrongChannel)
  const membersChanged = (thread: Channel, of: object): replies.Reply => {
    const { id, guild_id, member_count } = channels.get(thread.id) ?? thread
    publish({ t: "THREAD_MEMBERS_UPDATE", intent: guilds, d: { id, guild_id, member_count, ...of } })
    return replies.noContent
  }
  const joined = (thread: Channel, userId: string): replies.Reply =>
    found(world.people.isMember(userId), replies.unknownMember, (member) => {
      const joined = channels.join(thread.id, userId)
      return joined === undefined
        ? replies.noContent
        : membersChanged(thread, { added_members: [{ ...joined, member, presence: null }] })
    })
  const left = (thread: Channel, userId: string): replies.Reply =>
    channels.leave(thread.id, userId)
      ? membersChanged(thread, { removed_member_ids: [userId] })
      : replies.noContent
  const idIn = (request: Request): string => request.ids[1] === "@me" ? world.bot.id : request.ids[1]
  return [
    {
      at: "GET /channels/:channel/thread-members",
      handle: inThread(({ id }) => replies.ok(channels.threadMembers(id)))
    },
    {
      at: "GET /channels/:channel/thread-members/:user",
      handle: inThread((thread, request) =>
        found(
          channels.threadMembers(thread.id).find(({ user_id }) => user_id === idIn(request)),
          replies.unknownMember
        )
      )
    },
    {
      at: "PUT /channels/:channel/thread-members/:user",
      handle: inThread((thread, request) => joined(thread, idIn(request)))
    },
    {
      at: "DELETE /channels/:channel/thread-members/:user",
      handle: inThread((thread, request) => left(thread, idIn(request)))
    }
  ]
}
