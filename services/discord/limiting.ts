/**
 * Decides how much work people may give the bot: fetching pages costs the machine and other people's sites something.
 * Pure but for what it counts.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Somebody who gives a command, and where. */
export interface Asker {
  readonly userId: string
  readonly channelId: string
}

/** A setting of the bot can't be used. */
export class InvalidChannels
  extends Schema.TaggedError<InvalidChannels>()("InvalidChannels", { given: Schema.String })
{
  override get message(): string {
    return `DISCORD_CHANNELS: "${this.given}" is no channel's id; copy ids from Discord (Developer Mode, Copy Channel ID), ` +
      "separated by commas, or leave it out for all channels"
  }
}

/** The channels that the bot works in; undefined for all. */
export type Channels = ReadonlySet<string> | undefined

/** Reads `DISCORD_CHANNELS`: ids of channels, separated by commas. Default all channels. */
export const read: Effect.Effect<Channels, Config.ConfigError | InvalidChannels> = Effect.flatMap(
  Config.withDefault(Config.String("DISCORD_CHANNELS"), ""),
  (text) => {
    const ids = text.split(",").map((id) => id.trim()).filter((id) => id !== "")
    const faulty = ids.find((id) => !/^\d{1,20}$/.test(id))
    if (faulty !== undefined) return Effect.fail(new InvalidChannels({ given: faulty }))
    return Effect.succeed(ids.length === 0 ? undefined : new Set(ids))
  }
)

/** At the same time, and begun within a minute. */
interface Limit {
  readonly atOnce: number
  readonly perMinute: number
}

export const perUser: Limit = { atOnce: 2, perMinute: 10 }
export const perChannel: Limit = { atOnce: 4, perMinute: 30 }
const minuteMillis = 60_000

/** From this number on what is known longest is forgotten, unless it is at work. */
const mostKnown = 2000

export interface Limits {
  /** Whether the bot works in a channel. */
  readonly isOpen: (channelId: string) => boolean
  /** Begins a piece of work, or says in a sentence why not. `nowMillis` is of a monotonic clock. */
  readonly begin: (asker: Asker, nowMillis: number) => { readonly end: () => void } | string
}

interface Count {
  running: number
  begun: ReadonlyArray<number>
}

export const make = (channels: Channels): Limits => {
  const counts = new Map<string, Count>()
  const countOf = (key: string, nowMillis: number): Count => {
    const count = counts.get(key) ?? { running: 0, begun: [] }
    count.begun = count.begun.filter((atMillis) => nowMillis - atMillis < minuteMillis)
    counts.delete(key)
    counts.set(key, count)
    for (const [old, { running }] of counts) {
      if (counts.size <= mostKnown) break
      if (running === 0) counts.delete(old)
    }
    return count
  }
  return {
    isOpen: (channelId) => channels === undefined || channels.has(channelId),
    begin({ channelId, userId }, nowMillis) {
      const user = countOf(`user ${userId}`, nowMillis)
      const channel = countOf(`channel ${channelId}`, nowMillis)
      const why = refusal("You have", user, perUser, nowMillis) ??
        refusal("This channel has", channel, perChannel, nowMillis)
      if (why !== undefined) return why
      for (const count of [user, channel]) {
        count.running++
        count.begun = [...count.begun, nowMillis]
      }
      let ended = false
      return {
        end() {
          if (ended) return
          ended = true
          user.running--
          channel.running--
        }
      }
    }
  }
}

const refusal = (who: string, { begun, running }: Count, { atOnce, perMinute }: Limit, nowMillis: number) => {
  if (running >= atOnce) {
    return `${who} ${running} pages or sites being read already, and I read ${atOnce} at a time. Wait for one to be done.`
  }
  const [oldest = nowMillis] = begun
  if (begun.length >= perMinute) {
    const seconds = Math.ceil((oldest + minuteMillis - nowMillis) / 1000)
    return `${who} asked for ${perMinute} pages or sites within a minute, which is all I read. Try again in ${seconds} s.`
  }
  return undefined
}
