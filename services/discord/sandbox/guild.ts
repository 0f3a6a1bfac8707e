/** The guild as Discord writes it. */
import type { APIGuildMember, GatewayGuildCreateDispatchData } from "discord-api-types/v10"
import type { Channel, Channels, ThreadMember } from "./channels.ts"
import { locale } from "./locale.ts"
import { bornAt, noFlags, type People } from "./people.ts"
import type { Roles } from "./roles.ts"

/** Discord's enums exist only at run time of a package that is not loaded here; their values as strings will do. */
type Guild =
  & Omit<GatewayGuildCreateDispatchData, "preferred_locale" | "channels" | "threads">
  & {
    readonly preferred_locale: string
    readonly channels: ReadonlyArray<Channel>
    readonly threads: ReadonlyArray<Channel & { readonly member?: ThreadMember }>
  }

/** Writes the guild down, with its channels, threads and members. */
export const guildOf = ({ channels, guildId, people, roles }: {
  readonly channels: Channels
  readonly guildId: string
  readonly people: People
  readonly roles: Roles
}): Guild => {
  const members: Array<APIGuildMember> = people.members
  return {
    id: guildId,
    name: "Sandbox",
    icon: null,
    splash: null,
    discovery_splash: null,
    owner_id: people.owner.id,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    roles: roles.all,
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
    member_count: members.length,
    voice_states: [],
    members,
    channels: channels.ofGuild,
    threads: channels.activeThreads.map((thread) => {
      const member = channels.threadMembers(thread.id).find(({ user_id }) => user_id === people.bot.id)
      return member === undefined ? thread : { ...thread, member }
    }),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: []
  }
}
