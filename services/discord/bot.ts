/** Declares the bot in a config module: its commands, and its shards. */
import { Actor, Thread } from "heddle"
import type { Late } from "./answers.ts"
import type { Command } from "./Command.ts"
import { DiscordBot } from "./DiscordBot.ts"
import * as shards from "./shards.ts"

/** Loads a command from its file: `() => import("./commands/roll.ts")`. Only the threads of the bot do. */
export type Load<R> = () => Promise<{ readonly default: Command<R> }>

/** Loads the function that gets the answers that Discord did not take: `() => import("./late.ts")`. */
export type LoadLate<R> = () => Promise<{ readonly default: Late<R> }>

/** The actors that commands need. */
type RequiredBy<Loads extends ReadonlyArray<Load<unknown>>> = Loads[number] extends Load<infer R> ? R : never

const loadAll = async <R, L>(
  loads: ReadonlyArray<Load<R>>,
  late: LoadLate<L> | undefined
): Promise<{ readonly commands: ReadonlyArray<Command<R | L>>; readonly late: Late<R | L> | undefined }> => ({
  commands: await Promise.all(loads.map(async (load) => (await load()).default)),
  late: (await late?.())?.default
})

/**
 * Loads the bot's layer with these commands, for `Actor.lazy`. `late` gets the answers that Discord did not take.
 *
 * **Example**
 *
 * ```ts
 * const commands = [() => import("./commands/roll.ts"), () => import("./commands/help.ts")] as const
 * bot: Thread.make({ actors: [Actor.lazy(DiscordBot, bot.load(commands))] })
 * ```
 */
export const load = <const Loads extends ReadonlyArray<Load<unknown>>, R = never>(
  commands: Loads & ReadonlyArray<Load<RequiredBy<Loads>>>,
  count = 1,
  late?: LoadLate<R>
) =>
async () => {
  const { layerOf } = await import("./botLayer.ts")
  const loaded = await loadAll<RequiredBy<Loads>, R>(commands, late)
  return { default: layerOf(DiscordBot, { id: 0, count }, loaded.commands, loaded.late) }
}

/** Declares a thread for each shard but the first: `bot-1`, `bot-2`, … with `DiscordBot-1`, `DiscordBot-2`, … */
export const otherShards = <const Loads extends ReadonlyArray<Load<unknown>>, R = never>(
  commands: Loads & ReadonlyArray<Load<RequiredBy<Loads>>>,
  count: number,
  options: Omit<Thread.Options<[]>, "actors">,
  late?: LoadLate<R>
) =>
  Object.fromEntries(
    Array.from({ length: count - 1 }, (_, i) => {
      const shard: shards.Shard = { id: i + 1, count }
      const actor = shards.other(shard.id)
      const load = async () => {
        const { layerOf } = await import("./botLayer.ts")
        const loaded = await loadAll<RequiredBy<Loads>, R>(commands, late)
        return { default: layerOf(actor, shard, loaded.commands, loaded.late) }
      }
      return [`bot-${shard.id}`, Thread.make({ ...options, actors: [Actor.lazy(actor, load)] })]
    })
  )
