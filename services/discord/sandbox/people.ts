/** The members of the guild: the bot, and the people who speak there. */
import type { APIGuildMember, APIUser } from "discord-api-types/v10"
import type { Snowflakes } from "./snowflakes.ts"

const mostPeople = 1000

const bornMillis = Date.UTC(2026, 0, 1)
export const bornAt = new Date(bornMillis).toISOString()

/** No bit of any field of flags: the enums of the types have no name for zero. */
export const noFlags: number = 0

export const userOf = (id: string, name: string, bot: boolean): APIUser => ({
  id,
  username: name,
  global_name: bot ? null : name,
  discriminator: bot ? "0001" : "0",
  avatar: null,
  bot,
  public_flags: noFlags
})

/** What of a member can be changed. */
export interface MemberPatch {
  readonly nick?: string | null
  readonly roles?: ReadonlyArray<string>
  readonly communication_disabled_until?: string | null
  readonly mute?: boolean
  readonly deaf?: boolean
}

const memberOf = (user: APIUser, patch: MemberPatch = {}): APIGuildMember => ({
  user,
  nick: patch.nick ?? null,
  avatar: null,
  banner: null,
  roles: [...patch.roles ?? []],
  joined_at: bornAt,
  premium_since: null,
  deaf: patch.deaf ?? false,
  mute: patch.mute ?? false,
  flags: noFlags,
  pending: false,
  communication_disabled_until: patch.communication_disabled_until ?? null
})

export class People {
  readonly bot: APIUser
  readonly owner: APIUser
  readonly #snowflakes: Snowflakes
  readonly #byName = new Map<string, APIUser>()
  readonly #patches = new Map<string, MemberPatch>()
  /** Those who were banned, with the reason. They may not come back before the ban is lifted. */
  readonly bans = new Map<string, { readonly user: APIUser; readonly reason: string | null }>()
  /** Called when somebody joins. */
  onJoin: (member: APIGuildMember) => void = () => {}

  constructor(bot: APIUser, snowflakes: Snowflakes) {
    this.bot = bot
    this.#snowflakes = snowflakes
    this.owner = this.person("owner")
  }

  /** Finds the user with this name, who joins when unknown. The last 1000 people are remembered. */
  person(name: string): APIUser {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const banned = [...this.bans.values()].find(({ user }) => user.username === name)
    if (banned !== undefined) return banned.user
    const user = userOf(this.#snowflakes.next(), name, false)
    this.#byName.set(name, user)
    if (this.#byName.size > mostPeople) this.#forgetOldest()
    this.onJoin(memberOf(user))
    return user
  }

  #forgetOldest(): void {
    for (const user of this.#byName.values()) if (user.id !== this.owner.id) return this.remove(user)
  }

  user(id: string): APIUser | undefined {
    return this.isMember(id)?.user ?? this.bans.get(id)?.user
  }

  /** The member with this id, if there is one. */
  isMember(id: string): APIGuildMember | undefined {
    if (id === this.bot.id) return this.member(this.bot)
    for (const person of this.#byName.values()) if (person.id === id) return this.member(person)
    return undefined
  }

  /** Members whose name or nickname begins so, whatever the case. */
  named(text: string): Array<APIGuildMember> {
    const begin = text.toLowerCase()
    return this.members.filter(({ nick, user }) =>
      user.username.toLowerCase().startsWith(begin) || nick?.toLowerCase().startsWith(begin) === true
    )
  }

  member(user: APIUser): APIGuildMember {
    return memberOf(user, this.#patches.get(user.id))
  }

  patch(user: APIUser, change: MemberPatch): APIGuildMember {
    this.#patches.set(user.id, { ...this.#patches.get(user.id), ...change })
    return this.member(user)
  }

  /** Takes somebody out of the guild. */
  remove(user: APIUser): void {
    this.#byName.delete(user.username)
    this.#patches.delete(user.id)
  }

  get members(): Array<APIGuildMember> {
    return [this.bot, ...this.#byName.values()].map((user) => this.member(user))
  }
}
