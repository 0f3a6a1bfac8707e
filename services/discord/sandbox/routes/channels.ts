/** Routes of channels, of direct messages, and of the guild's list of them. */
import * as Schema from "effect/Schema"
import { ChannelType, isThread } from "../channels.ts"
import { whereIs } from "../message.ts"
import * as replies from "../replies.ts"
import { guilds, inChannel, inGuild, type Parts } from "./parts.ts"
import { found, type Route, withBody } from "./route.ts"

const absent = Schema.optionalKey
const Name = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(100))
const Patch = {
  topic: absent(Schema.NullOr(Schema.String)),
  nsfw: absent(Schema.Boolean),
  position: absent(Schema.NullOr(Schema.Int)),
  rate_limit_per_user: absent(Schema.NullOr(Schema.Int)),
  parent_id: absent(Schema.NullOr(Schema.String)),
  permission_overwrites: absent(Schema.NullOr(Schema.Array(Schema.Unknown))),
  archived: absent(Schema.Boolean),
  locked: absent(Schema.Boolean),
  auto_archive_duration: absent(Schema.Int)
}
const NewChannel = Schema.Struct({ name: Name, type: absent(Schema.NullOr(Schema.Int)), ...Patch })
const ChannelPatch = Schema.Struct({ name: absent(Name), ...Patch })

export const channelRoutes = (of: Parts): ReadonlyArray<Route> => {
  const { channelsChanged, publish, world } = of
  const tell = (t: string, d: object, isDirect = false) => {
    publish({ t, intent: isDirect ? 0 : guilds, isDirect, d })
    channelsChanged()
  }
  const { channels } = world
  return [
    { at: "GET /channels/:channel", handle: inChannel(world)((channel) => replies.ok(channel)) },
    {
      at: "PATCH /channels/:channel",
      limit: { limit: 5, lengthMillis: 5000 },
      handle: withBody(ChannelPatch, (patch, request) =>
        inChannel(world)((channel) => {
          if (channel.type === ChannelType.direct) return replies.wrongChannel
          const changed = channels.patch(channel, patch)
          tell(isThread(channel) ? "THREAD_UPDATE" : "CHANNEL_UPDATE", changed)
          return replies.ok(changed)
        })(request))
    },
    {
      at: "DELETE /channels/:channel",
      handle: inChannel(world)((channel) => {
        if (channel.id === world.generalId) return replies.lastChannel
        for (const thread of channels.remove(channel)) tell("THREAD_DELETE", thread)
        const isDirect = channel.type === ChannelType.direct
        const { id, parent_id, type } = channel
        if (isThread(channel)) tell("THREAD_DELETE", { id, parent_id, type, ...whereIs(channel) })
        else tell("CHANNEL_DELETE", channel, isDirect)
        return replies.ok(channel)
      })
    },
    { at: "GET /guilds/:guild/channels", handle: inGuild(world)(() => replies.ok(channels.ofGuild)) },
    {
      at: "POST /guilds/:guild/channels",
      handle: withBody(NewChannel, ({ name, type, ...patch }, request) =>
        inGuild(world)(() =>
          found(
            channels.make(type ?? ChannelType.text, name, patch),
            replies.invalidForm("type", "BASE_TYPE_CHOICES", "The sandbox makes channels of type 0, 2, 4 and 5."),
            (channel) => {
              tell("CHANNEL_CREATE", channel)
              return replies.created(channel)
            }
          )
        )(request))
    },
    {
      at: "POST /users/@me/channels",
      handle: withBody(
        Schema.Struct({ recipient_id: Schema.String }),
        ({ recipient_id }) =>
          found(
            world.people.user(recipient_id),
            replies.unknownUser,
            (user) => user.id === world.bot.id ? replies.cannotDirect : replies.ok(of.openDirect(user))
          )
      )
    }
  ]
}
