/** Routes of the guild: its members, bans and roles; and of users. */
import type { APIGuildMember } from "discord-api-types/v10"
import * as Schema from "effect/Schema"
import { Intent } from "../frames.ts"
import * as replies from "../replies.ts"
import { guilds, inGuild, type Parts } from "./parts.ts"
import { found, limitOf, type Request, type Route, withBody } from "./route.ts"

const absent = Schema.optionalKey
const MemberPatch = Schema.Struct({
  nick: absent(Schema.NullOr(Schema.String.check(Schema.isMaxLength(32)))),
  roles: absent(Schema.Array(Schema.String)),
  communication_disabled_until: absent(Schema.NullOr(Schema.String)),
  mute: absent(Schema.Boolean),
  deaf: absent(Schema.Boolean)
})
const RolePatch = Schema.Struct({
  name: absent(Schema.NullOr(Schema.String.check(Schema.isMaxLength(100)))),
  permissions: absent(Schema.NullOr(Schema.String)),
  color: absent(Schema.NullOr(Schema.Int)),
  colors: absent(Schema.NullOr(Schema.Struct({ primary_color: absent(Schema.Int) }))),
  hoist: absent(Schema.NullOr(Schema.Boolean)),
  mentionable: absent(Schema.NullOr(Schema.Boolean))
})

export const guildRoutes = (of: Parts): ReadonlyArray<Route> => {
  const within = inGuild(of.world)
  const { world } = of
  return [
    { at: "GET /guilds/:guild", handle: within(() => replies.ok(world.restGuild)) },
    { at: "GET /guilds/:guild/emojis", handle: within(() => replies.ok([])) },
    {
      at: "GET /users/@me/guilds",
      handle: () => replies.ok([{ id: world.guildId, name: "Sandbox", icon: null, owner: false, features: [] }])
    },
    { at: "GET /users/@me", handle: () => replies.ok(world.bot) },
    {
      at: "GET /users/:user",
      handle: ({ ids: [id] }) => found(world.people.user(id), replies.unknownUser)
    },
    ...memberRoutes(of),
    ...banRoutes(of),
    ...roleRoutes(of)
  ]
}

const memberRoutes = ({ publish, world }: Parts): ReadonlyArray<Route> => {
  const { people } = world
  const within = inGuild(world)
  const updated = (member: APIGuildMember): replies.Reply => {
    publish({ t: "GUILD_MEMBER_UPDATE", intent: Intent.guildMembers, d: { ...member, guild_id: world.guildId } })
    return replies.ok(member)
  }
  const ofMember = (handle: (member: APIGuildMember, request: Request) => replies.Reply) =>
    within((request) =>
      found(
        people.isMember(request.ids[1] === "@me" ? world.bot.id : request.ids[1]),
        replies.unknownMember,
        (member) => handle(member, request)
      )
    )
  const roled = (change: (roles: ReadonlyArray<string>, id: string) => ReadonlyArray<string>) =>
    ofMember(({ roles, user }, { ids: [, , id] }) =>
      found(world.roles.get(id), replies.unknownRole, () => {
        updated(people.patch(user, { roles: change(roles, id) }))
        return replies.noContent
      })
    )
  return [
    {
      at: "GET /guilds/:guild/members",
      handle: within(({ query }) => {
        const limit = limitOf(query, 1, 1000)
        const after = BigInt(/^\d{1,20}$/.exec(query.get("after") ?? "")?.[0] ?? 0)
        return typeof limit !== "number" ? limit : replies.ok(
          people.members
            .toSorted((a, b) => BigInt(a.user.id) < BigInt(b.user.id) ? -1 : 1)
            .filter(({ user }) => BigInt(user.id) > after)
            .slice(0, limit)
        )
      })
    },
    {
      at: "GET /guilds/:guild/members/search",
      handle: within(({ query }) => {
        const limit = limitOf(query, 1, 1000)
        const text = query.get("query") ?? ""
        return typeof limit === "number" ? replies.ok(people.named(text).slice(0, limit)) : limit
      })
    },
    { at: "GET /guilds/:guild/members/:user", handle: ofMember((member) => replies.ok(member)) },
    {
      at: "PATCH /guilds/:guild/members/:user",
      handle: withBody(
        MemberPatch,
        (patch, request) =>
          ofMember(({ user }) =>
            patch.roles?.some((id) => world.roles.get(id) === undefined) === true
              ? replies.unknownRole
              : updated(people.patch(user, patch))
          )(request)
      )
    },
    {
      at: "DELETE /guilds/:guild/members/:user",
      handle: ofMember(({ user }) => {
        people.remove(user)
        publish({ t: "GUILD_MEMBER_REMOVE", intent: Intent.guildMembers, d: { guild_id: world.guildId, user } })
        return replies.noContent
      })
    },
    {
      at: "PUT /guilds/:guild/members/:user/roles/:role",
      handle: roled((roles, id) => [...new Set([...roles, id])])
    },
    {
      at: "DELETE /guilds/:guild/members/:user/roles/:role",
      handle: roled((roles, id) => roles.filter((role) => role !== id))
    }
  ]
}

const banRoutes = ({ publish, world }: Parts): ReadonlyArray<Route> => {
  const { people } = world
  const within = inGuild(world)
  const tell = (t: string, user: object, intent: number) => publish({ t, intent, d: { guild_id: world.guildId, user } })
  return [
    { at: "GET /guilds/:guild/bans", handle: within(() => replies.ok([...people.bans.values()])) },
    {
      at: "GET /guilds/:guild/bans/:user",
      handle: within(({ ids: [, id] }) => found(people.bans.get(id), replies.unknownBan))
    },
    {
      at: "PUT /guilds/:guild/bans/:user",
      handle: within(({ ids: [, id] }) =>
        found(people.user(id), replies.unknownUser, (user) => {
          const wasMember = people.isMember(id) !== undefined
          people.bans.set(id, { user, reason: null })
          people.remove(user)
          if (wasMember) tell("GUILD_MEMBER_REMOVE", user, Intent.guildMembers)
          tell("GUILD_BAN_ADD", user, Intent.guildModeration)
          return replies.noContent
        })
      )
    },
    {
      at: "DELETE /guilds/:guild/bans/:user",
      handle: within(({ ids: [, id] }) =>
        found(people.bans.get(id), replies.unknownBan, ({ user }) => {
          people.bans.delete(id)
          tell("GUILD_BAN_REMOVE", user, Intent.guildModeration)
          return replies.noContent
        })
      )
    }
  ]
}

const roleRoutes = ({ publish, world }: Parts): ReadonlyArray<Route> => {
  const { guildId, roles } = world
  const within = inGuild(world)
  const tell = (t: string, of: object) => publish({ t, intent: guilds, d: { guild_id: guildId, ...of } })
  return [
    { at: "GET /guilds/:guild/roles", handle: within(() => replies.ok(roles.all)) },
    {
      at: "GET /guilds/:guild/roles/:role",
      handle: within(({ ids: [, id] }) => found(roles.get(id), replies.unknownRole))
    },
    {
      at: "POST /guilds/:guild/roles",
      handle: withBody(RolePatch, (patch, request) =>
        within(() => {
          const role = roles.make(patch)
          tell("GUILD_ROLE_CREATE", { role })
          return replies.ok(role)
        })(request))
    },
    {
      at: "PATCH /guilds/:guild/roles/:role",
      handle: withBody(
        RolePatch,
        (patch, request) =>
          within(({ ids: [, id] }) =>
            found(roles.get(id), replies.unknownRole, (role) => {
              const changed = roles.patch(role, patch)
              tell("GUILD_ROLE_UPDATE", { role: changed })
              return replies.ok(changed)
            })
          )(request)
      )
    },
    {
      at: "DELETE /guilds/:guild/roles/:role",
      handle: within(({ ids: [, id] }) =>
        found(id === guildId ? undefined : roles.get(id), replies.unknownRole, (role) => {
          roles.remove(role)
          tell("GUILD_ROLE_DELETE", { role_id: role.id })
          return replies.noContent
        })
      )
    }
  ]
}
