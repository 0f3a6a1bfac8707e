/**
 * Decides whether the system is ready, and says why not. Pure.
 */
import * as ExitCause from "heddle/ExitCause"
import type { ActorStatus, ThreadStatus } from "heddle/System"
import type { BotAnswer } from "./board.ts"

/** One reason to be ready or not. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** What readiness is decided from; `threads` is a text when the supervisor did not say. */
export interface Known {
  readonly threads: ReadonlyArray<ThreadStatus> | string
  readonly bot: BotAnswer
  readonly stopping: string | null
}

/**
 * Checks the supervisor, each thread with its actors, and that the bot answers.
 *
 * **Details**
 * - A thread that is blocked says nothing; until the watchdog sees it, the bot's missing answer is what tells.
 */
export const checks = ({ bot, stopping, threads }: Known): ReadonlyArray<Check> => [
  stopping === null ? ok("system") : { name: "system", ok: false, detail: `stopping: ${stopping}` },
  ...(typeof threads === "string" ? [{ name: "supervisor", ok: false, detail: threads }] : threads.map(ofThread)),
  bot.why === null ? ok("DiscordBot") : { name: "DiscordBot", ok: false, detail: bot.why }
]

/** Checks that the bot is connected to Discord, by what it says of itself. */
export const ofBot = ({ status, why }: BotAnswer): Check => {
  if (status === null) return { name: "discord", ok: false, detail: why }
  if (status.state !== "ready") return { name: "discord", ok: false, detail: `the bot is ${status.state}` }
  const age = status.lastAckAgeMillis ?? 0
  return age > deafAfterMillis
    ? { name: "discord", ok: false, detail: `no heartbeat was answered for ${Math.round(age / 1000)} s` }
    : { name: "discord", ok: true, detail: `connected as ${status.user ?? "unknown"}` }
}

/** Two of Discord's heartbeats (41.25 s). */
const deafAfterMillis = 82_500

const ok = (name: string): Check => ({ name, ok: true, detail: "ok" })

const ofThread = (thread: ThreadStatus): Check => {
  if (thread.state !== "running") {
    const actors = thread.actors.map(({ name }) => name).join(", ")
    return { name: thread.name, ok: false, detail: `${describe(thread)}; its actors: ${actors}` }
  }
  const sick = thread.actors.filter(({ state }) => state !== "running")
  return sick.length === 0
    ? ok(thread.name)
    : { name: thread.name, ok: false, detail: sick.map((actor) => `${actor.name} is ${describe(actor)}`).join(", ") }
}

const describe = ({ lastCause, state }: ThreadStatus | ActorStatus): string =>
  lastCause === null ? state : `${state} (${ExitCause.format(lastCause)})`
