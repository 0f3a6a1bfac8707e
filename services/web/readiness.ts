/**
 * Decides whether the system is ready, and says why not. Pure.
 */
import * as ExitCause from "heddle/ExitCause"
import type { ActorStatus, ThreadStatus } from "heddle/System"
import type { BotStatus } from "../discord/DiscordBot.ts"
import type { Answer } from "./asking.ts"
import type { Answering } from "./board.ts"

/** One reason to be ready or not. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

/** What readiness is decided from; `threads` is a text when the supervisor did not say. */
export interface Known {
  readonly threads: ReadonlyArray<ThreadStatus> | string
  readonly answering: ReadonlyArray<Answering>
  readonly stopping: string | null
}

/**
 * Checks the supervisor, each thread with its actors, and that those actors answer whom this server asks.
 *
 * **Details**
 * - A thread that is blocked says nothing; until the watchdog sees it, its actor's missing answer is what tells.
 */
export const checks = ({ answering, stopping, threads }: Known): ReadonlyArray<Check> => [
  stopping === null ? ok("system") : { name: "system", ok: false, detail: `stopping: ${stopping}` },
  ...(typeof threads === "string" ? [{ name: "supervisor", ok: false, detail: threads }] : threads.map(ofThread)),
  ...answering.map(({ name, why }) => why === null ? ok(name) : { name, ok: false, detail: why })
]

/** Checks that each shard of the bot is connected to Discord, by what it says of itself. */
export const ofBots = (answers: ReadonlyArray<Answer<BotStatus>>): ReadonlyArray<Check> =>
  answers.map(({ value: status, why }, shard) => {
    const name = answers.length === 1 ? "discord" : `discord shard ${shard}`
    if (status === null) return { name, ok: false, detail: why }
    if (status.state !== "ready") return { name, ok: false, detail: `the bot is ${status.state}` }
    const age = status.lastAckAgeMillis ?? 0
    return age > deafAfterMillis
      ? { name, ok: false, detail: `no heartbeat was answered for ${Math.round(age / 1000)} s` }
      : { name, ok: true, detail: `connected as ${status.user ?? "unknown"}` }
  })

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
