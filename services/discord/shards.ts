/**
 * The shards of the bot: Discord wants several connections for a bot in 2,500 servers or more, each with its part of
 * the servers. Each is an actor on a thread of its own.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Actor } from "heddle"
import { DiscordBot, messages } from "./DiscordBot.ts"

/** One of `count` connections, from 0. */
export interface Shard {
  readonly id: number
  readonly count: number
}

/** The shards but for the first, which is `DiscordBot`. */
class OtherShard extends Actor.Service<OtherShard>()("DiscordBot-n", messages) {}

/** The actor of a shard, by its number from 1. */
export const other = (id: number) => Actor.Service<OtherShard>()(`DiscordBot-${id}`, messages)

/** A shard as other actors ask it, by its actor's name. */
export interface Client {
  readonly name: string
  readonly client: Actor.Client<(typeof messages)[number]>
}

/** The shards that the system declares, in their order. */
export const clients = Effect.gen(function*() {
  const found: Array<Client> = [{ name: DiscordBot.actorName, client: yield* DiscordBot }]
  for (let id = 1;; id++) {
    const actor = other(id)
    const client = yield* Effect.serviceOption(actor)
    if (Option.isNone(client)) return found
    found.push({ name: actor.actorName, client: client.value })
  }
})

/** Reads `DISCORD_SHARDS`; it decides which threads there are, so it is read where they are declared. */
export const countFrom = (env: Readonly<Record<string, string | undefined>>): number => {
  const given = env["DISCORD_SHARDS"]?.trim() || "1"
  const count = Number(given)
  if (/^\d+$/.test(given) && count >= 1 && count <= maxShards) return count
  throw new Error(`DISCORD_SHARDS=${given} is not a number of shards; take a whole number from 1 to ${maxShards}`)
}

const maxShards = 64

/** Discord takes one login in five seconds of each group of `concurrency` shards. */
export const turnMillis = 5500
/** A login that begins so early in its turn is five seconds from the next one's. */
const punctualMillis = 500

/** How long the turns of all shards take. */
export const roundMillis = ({ count }: Shard, concurrency: number): number =>
  Math.ceil(count / concurrency) * turnMillis

/**
 * Says how long a shard has to wait until it may log in.
 *
 * **Details**
 * - The shards are on different threads and take turns by the clock, which they share: nobody has to be asked.
 * - Source: Discord's `max_concurrency`, shards `0 … concurrency - 1` together, then the next ones.
 */
export const untilTurnMillis = (shard: Shard, concurrency: number, nowMillis: number): number => {
  const round = roundMillis(shard, concurrency)
  if (round === turnMillis) return 0
  const begin = Math.floor(shard.id / concurrency) * turnMillis
  const since = (((nowMillis - begin) % round) + round) % round
  return since < punctualMillis ? 0 : round - since
}
