/**
 * Decides whether the system is ready, and says why not. Pure.
 */
import * as ExitCause from "../ExitCause.ts"
import type { ActorStatus, ThreadStatus } from "../Status.ts"
import type { Check } from "./panel.ts"

/** What readiness is decided from; `threads` is a text when the supervisor did not say. */
export interface Known {
  readonly threads: ReadonlyArray<ThreadStatus> | string
  /** What panels check. */
  readonly others: ReadonlyArray<Check>
  readonly stopping: string | null
}

/**
 * Checks the supervisor, each thread with its actors, and what panels add.
 *
 * **Details**
 * - A thread that was never started, because the system was started with others only, is left out, and so is one that runs once on
 *   another machine with its actors.
 * - Several instances of a thread are one check: ready while one of them is.
 */
export const checks = ({ others, stopping, threads }: Known): ReadonlyArray<Check> => [
  stopping === null ? ok("system") : { name: "system", ok: false, detail: `stopping: ${stopping}` },
  ...(typeof threads === "string"
    ? [{ name: "supervisor", ok: false, detail: threads }]
    : Array.from(
      Map.groupBy(threads.filter((thread) => !isDormant(thread)), ({ group }) => group),
      ([name, instances]) => ofInstances(name, instances.map(ofThread))
    )),
  ...others.filter(({ actor }) => actor === undefined || !isOfDormant(threads, actor))
]

/** Declared, and not started with the system, nor since; or it may be on another machine. */
const isDormant = ({ incarnation, once, state }: ThreadStatus): boolean =>
  state === "stopped" && (incarnation === 0 || once === true)

const isOfDormant = (threads: Known["threads"], actor: string): boolean =>
  typeof threads !== "string" &&
  threads.some((thread) => isDormant(thread) && thread.actors.some(({ name }) => name === actor))

const ok = (name: string): Check => ({ name, ok: true, detail: "ok" })

const ofInstances = (name: string, checks: ReadonlyArray<Check>): Check => {
  const [only, ...more] = checks
  if (only !== undefined && more.length === 0) return only
  const bad = checks.filter(({ ok }) => !ok)
  if (bad.length === 0) return ok(name)
  const detail = bad.map((check) => `${check.name}: ${check.detail}`).join("; ")
  return { name, ok: bad.length < checks.length, detail }
}

/** Whether a thread and all of its actors run. */
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
