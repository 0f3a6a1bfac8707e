/** Declares the bot in a config module: its commands, and its shards. */
import { Actor, Thread } from "heddle"
import type { Command } from "./Command.ts"
import { DiscordBot } from "./DiscordBot.ts"
import * as shards from "./shards.ts"

/** Loads a command from its file: `() => import("./commands/roll.ts")`. Only the threads of the bot do. */
export type Load<R> = () => Promise<{ readonly default: Command<R> }>

/** The actors that commands need. */
type RequiredBy<Loads extends ReadonlyArray<Load<unknown>>> = Loads[number] extends Load<infer R> ? R : never

const loadAll = <R>(loads: ReadonlyArray<Load<R>>): Promise<ReadonlyArray<Command<R>>> =>
  Promise.all(loads.map(async (load) => (await load()).default))

/**
 * Loads the bot's layer with these commands, for `Actor.lazy`.
 *
 * **Example**
 *
 * ```ts
 * const commands = [() => import("./commands/roll.ts"), () => import("./commands/help.ts")] as const
 * bot: Thread.make({ actors: [Actor.lazy(DiscordBot, bot.load(commands))] })
 * ```
 */
export const load = <const Loads extends ReadonlyArray<Load<unknown>>>(
  commands: Loads & ReadonlyArray<Load<RequiredBy<Loads>>>,
  count = 1
) =>
async () => {
  const { layerOf } = await import("./botLayer.ts")
  return { default: layerOf(DiscordBot, { id: 0, count }, await loadAll<RequiredBy<Loads>>(commands)) }
}

/** Declares a thread for each shard but the first: `bot-1`, `bot-2`, … with `DiscordBot-1`, `DiscordBot-2`, … */
export const otherShards = <const Loads extends ReadonlyArray<Load<unknown>>>(
  commands: Loads & ReadonlyArray<Load<RequiredBy<Loads>>>,
  count: number,
  options: Omit<Thread.Options<[]>, "actors">
) =>
  Object.fromEntries(
    Array.from({ length: count - 1 }, (_, i) => {
      const shard: shards.Shard = { id: i + 1, count }
      const actor = shards.other(shard.id)
      const load = async () => {
        const { layerOf } = await import("./botLayer.ts")
        return { default: layerOf(actor, shard, await loadAll<RequiredBy<Loads>>(commands)) }
      }
      return [`bot-${shard.id}`, Thread.make({ ...options, actors: [Actor.lazy(actor, load)] })]
    })
  )
