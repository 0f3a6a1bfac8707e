/** The sandbox's small world: one guild with one channel, one bot, and the people who speak there. */
import type {
  APIApplication,
  APIGuild,
  APIGuildMember,
  APIRole,
  APITextChannel,
  APIUser,
  GatewayGuildCreateDispatchData,
  Locale
} from "discord-api-types/v10"

const discordEpochMillis = 1_420_070_400_000

/** Makes Discord's ids: 42 bits of milliseconds since 2015, then a counter. They grow, even if the clock is set back. */
export class Snowflakes {
  #count = 0
  #lastMillis = 0

  next(nowMillis = Date.now()): string {
    const count = this.#count++ % (1 << 22)
    this.#lastMillis = Math.max(this.#lastMillis, nowMillis)
    return String((BigInt(Math.trunc(this.#lastMillis - discordEpochMillis)) << 22n) | BigInt(count))
  }
}

/** Discord's enums exist only at run time of a package that is not loaded here; their values as strings will do. */
export type Worded<A, Key extends keyof A> = Omit<A, Key> & { readonly [K in Key]: `${Locale}` }

export const locale = "en-US" satisfies `${Locale}`

/** No bit of any field of flags: the enums of the types have no name for zero. */
const noFlags: number = 0

const botName = "heddle"
const bornMillis = Date.UTC(2026, 0, 1)
const bornAt = new Date(bornMillis).toISOString()

const userOf = (id: string, name: string, bot: boolean) => ({
  id,
  username: name,
  global_name: bot ? null : name,
  discriminator: bot ? "0001" : "0",
  avatar: null,
  bot,
  public_flags: noFlags
} satisfies APIUser)

const memberOf = (user: APIUser) => ({
  user,
  nick: null,
  avatar: null,
  banner: null,
  roles: [],
  joined_at: bornAt,
  premium_since: null,
  deaf: false,
  mute: false,
  flags: noFlags,
  pending: false,
  communication_disabled_until: null
} satisfies APIGuildMember)

/** Every permission but administrator, as Discord writes them. */
export const permissions = "2251799813685239"

/** Who and what there is. Ids are fixed, so that a bot that restarts finds what it knew. */
export class World {
  readonly guildId = "1300000000000000001"
  readonly bot: APIUser
  readonly application: APIApplication
  readonly channel: APITextChannel
  readonly #everyone: APIRole
  readonly #owner: APIUser
  readonly #people = new Map<string, APIUser>()
  readonly #snowflakes: Snowflakes

  constructor(snowflakes: Snowflakes) {
    this.#snowflakes = snowflakes
    this.bot = userOf("1300000000000000002", botName, true)
    this.#owner = this.person("owner")
    this.application = {
      id: this.bot.id,
      name: botName,
      icon: null,
      description: "A bot in the sandbox",
      bot_public: false,
      bot_require_code_grant: false,
      bot: this.bot,
      owner: this.#owner,
      summary: "",
      verify_key: "0".repeat(64),
      team: null,
      flags: 1 << 19,
      flags_new: String(1 << 19),
      approximate_guild_count: 1,
      redirect_uris: [],
      interactions_endpoint_url: null
    }
    this.channel = {
      id: "1300000000000000003",
      type: 0,
      guild_id: this.guildId,
      name: "general",
      position: 0,
      topic: null,
      nsfw: false,
      rate_limit_per_user: 0,
      parent_id: null,
      permission_overwrites: [],
      last_message_id: null
    }
    this.#everyone = {
      id: this.guildId,
      name: "@everyone",
      color: 0,
      colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
      hoist: false,
      icon: null,
      unicode_emoji: null,
      position: 0,
      permissions,
      managed: false,
      mentionable: false,
      flags: noFlags
    }
  }

  /** Finds the user with this name, who joins when unknown. The last 1000 people are remembered. */
  person(name: string): APIUser {
    const known = this.#people.get(name)
    if (known !== undefined) return known
    const user = userOf(this.#snowflakes.next(), name, false)
    this.#people.set(name, user)
    const oldest = this.#people.keys().next()
    if (this.#people.size > 1000 && oldest.done === false) this.#people.delete(oldest.value)
    return user
  }

  user(id: string): APIUser | undefined {
    if (id === this.bot.id) return this.bot
    for (const person of this.#people.values()) if (person.id === id) return person
    return undefined
  }

  member(user: APIUser): APIGuildMember {
    return memberOf(user)
  }

  get members(): Array<APIGuildMember> {
    return [this.bot, ...this.#people.values()].map(memberOf)
  }

  /** The guild as REST tells it, without what only GUILD_CREATE says. */
  get restGuild(): Worded<APIGuild, "preferred_locale"> {
    const { channels: _c, members: _m, presences: _p, threads: _t, voice_states: _v, ...guild } = this.guild
    return guild
  }

  /** The guild as GUILD_CREATE tells it, with its channel and members. */
  get guild(): Worded<GatewayGuildCreateDispatchData, "preferred_locale"> {
    return {
      id: this.guildId,
      name: "Sandbox",
      icon: null,
      splash: null,
      discovery_splash: null,
      owner_id: this.#owner.id,
      afk_channel_id: null,
      afk_timeout: 300,
      verification_level: 0,
      default_message_notifications: 0,
      explicit_content_filter: 0,
      roles: [this.#everyone],
      emojis: [],
      features: [],
      mfa_level: 0,
      application_id: null,
      system_channel_id: null,
      system_channel_flags: noFlags,
      rules_channel_id: null,
      max_presences: null,
      max_members: 500_000,
      vanity_url_code: null,
      description: null,
      banner: null,
      premium_tier: 0,
      premium_subscription_count: 0,
      preferred_locale: locale,
      public_updates_channel_id: null,
      nsfw_level: 0,
      premium_progress_bar_enabled: false,
      safety_alerts_channel_id: null,
      hub_type: null,
      incidents_data: null,
      stickers: [],
      region: "local",
      joined_at: bornAt,
      large: false,
      unavailable: false,
      member_count: this.members.length,
      voice_states: [],
      members: this.members,
      channels: [this.channel],
      threads: [],
      presences: [],
      stage_instances: [],
      guild_scheduled_events: [],
      soundboard_sounds: []
    }
  }
}
