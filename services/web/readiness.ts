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
  /** What each shard of the bot last said of itself. */
  readonly bots: ReadonlyArray<Answer<BotStatus>>
  readonly stopping: string | null
}

/**
 * Checks the supervisor, each thread with its actors, that those actors answer whom this server asks, and that the bot is
 * connected.
 *
 * **Details**
 * - A thread that was never started, because the system was started with others only, is left out with its actors.
 * - Several instances of a thread are one check: ready while one of them is.
 * - A thread that is blocked says nothing; until the watchdog sees it, its actor's missing answer is what tells.
 */
export const checks = ({ answering, bots, stopping, threads }: Known): ReadonlyArray<Check> => [
  stopping === null ? ok("system") : { name: "system", ok: false, detail: `stopping: ${stopping}` },
  ...(typeof threads === "string"
    ? [{ name: "supervisor", ok: false, detail: threads }]
    : Array.from(
      Map.groupBy(threads.filter((thread) => !isDormant(thread)), ({ group }) => group),
      ([name, instances]) => ofInstances(name, instances.map(ofThread))
    )),
  ...answering.filter(({ name }) => !isOfDormant(threads, name))
    .map(({ name, why }) => why === null ? ok(name) : { name, ok: false, detail: why }),
  // A bot that doesn't answer is among those above. An overdue heartbeat is no reason yet to send nobody here.
  ...ofBots(bots).flatMap((check, shard) => {
    const status = bots[shard]?.value
    if (status === null || status === undefined) return []
    return [status.state === "ready" && status.isUncertain ? { ...check, ok: true } : check]
  })
]

/**
 * Checks that each shard of the bot is connected to Discord, by what it says of itself.
 *
 * **Details**
 * - A heartbeat that Discord should have answered by now makes it uncertain: that is not ok.
 */
export const ofBots = (answers: ReadonlyArray<Answer<BotStatus>>): ReadonlyArray<Check> =>
  answers.map(({ value: status, why }, shard) => {
    const name = answers.length === 1 ? "discord" : `discord shard ${shard}`
    if (status === null) return { name, ok: false, detail: why }
    if (status.state === "refused") return { name, ok: false, detail: status.problem ?? "Discord refuses the bot" }
    if (status.state !== "ready") {
      const problem = status.problem === null ? "" : `: ${status.problem}`
      return { name, ok: false, detail: `the bot is ${status.state}${problem}` }
    }
    const sign = status.signAgeMillis === null ? "" : `; last sign of life ${seconds(status.signAgeMillis)} ago`
    return status.isUncertain
      ? { name, ok: false, detail: `uncertain: a heartbeat is overdue${sign}` }
      : { name, ok: true, detail: `connected as ${status.user ?? "unknown"}${sign}` }
  })

/** Declared, and not started with the system, nor since. */
const isDormant = ({ incarnation, state }: ThreadStatus): boolean => state === "stopped" && incarnation === 0

const isOfDormant = (threads: Known["threads"], actor: string): boolean =>
  typeof threads !== "string" &&
  threads.some((thread) => isDormant(thread) && thread.actors.some(({ name }) => name === actor))

const seconds = (millis: number): string => `${(millis / 1000).toFixed(millis < 10_000 ? 1 : 0)} s`

const ok = (name: string): Check => ({ name, ok: true, detail: "ok" })

const ofInstances = (name: string, checks: ReadonlyArray<Check>): Check => {
  const [only, ...more] = checks
  if (only !== undefined && more.length === 0) return only
  const bad = checks.filter(({ ok }) => !ok)
  if (bad.length === 0) return ok(name)
  const detail = bad.map((check) => `${check.name}: ${check.detail}`).join("; ")
  return { name, ok: bad.length < checks.length, detail }
}

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
