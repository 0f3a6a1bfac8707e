/** The sandbox's small world: one guild, one bot, and the people who write there. */
import type { APIApplication, APIUser } from "discord-api-types/v10"
import { type Channel, Channels } from "./channels.ts"
import { guildOf } from "./guild.ts"
import { People, userOf } from "./people.ts"
import * as permissions from "./permissions.ts"
import { Roles } from "./roles.ts"
import type { Snowflakes } from "./snowflakes.ts"

const botName = "heddle"
const generalId = "1300000000000000003"

/** Who and what there is. The first ids are fixed, so that a bot that restarts finds what it knew. */
export class World {
  readonly guildId = "1300000000000000001"
  readonly people: People
  readonly channels: Channels
  readonly roles: Roles
  readonly application: APIApplication

  constructor(snowflakes: Snowflakes) {
    const bot = userOf("1300000000000000002", botName, true)
    this.people = new People(bot, snowflakes)
    this.channels = new Channels(this.guildId, bot.id, snowflakes)
    this.channels.make(0, "general", {}, generalId)
    this.roles = new Roles(this.guildId, snowflakes)
    this.application = {
      id: bot.id,
      name: botName,
      icon: null,
      description: "A bot in the sandbox",
      bot_public: false,
      bot_require_code_grant: false,
      bot,
      owner: this.people.owner,
      summary: "",
      verify_key: "0".repeat(64),
      team: null,
      flags: 1 << 19,
      flags_new: String(1 << 19),
      approximate_guild_count: 1,
      redirect_uris: [],
      interactions_endpoint_url: null
    }
  }

  get bot(): APIUser {
    return this.people.bot
  }

  /** The channel where people write if they name none. */
  readonly generalId = generalId

  /** What somebody may do in the guild. */
  permissionsOf(user: APIUser): string {
    if (user.id === this.people.owner.id) return permissions.ofOwner
    const roles = [this.guildId, ...this.people.member(user).roles]
    return permissions.union(roles.flatMap((id) => this.roles.get(id)?.permissions ?? []))
  }

  /** The guild as GUILD_CREATE tells it, with its channels and members. */
  get guild(): ReturnType<typeof guildOf> {
    return guildOf(this)
  }

  /** The guild as REST tells it, without what only GUILD_CREATE says. */
  get restGuild(): Omit<ReturnType<typeof guildOf>, "channels" | "members" | "presences" | "threads" | "voice_states"> {
    const { channels: _c, members: _m, presences: _p, threads: _t, voice_states: _v, ...guild } = this.guild
    return guild
  }

  /** How people call a channel. */
  nameOf({ name, recipients }: Channel): string {
    return name === undefined ? `@${recipients?.[0]?.username ?? "someone"}` : `#${name}`
  }
}
