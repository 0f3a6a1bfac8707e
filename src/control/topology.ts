/**
 * Checks a declared system and fills in its defaults.
 *
 * Pure and light: main and every thread run it when they import the config module.
 */
import * as Effect from "effect/Effect"
import type { ResourceLimits } from "node:worker_threads"
import type * as Actor from "../Actor.ts"
import { cores } from "../base/cores.ts"
import { locate } from "../base/loadModule.ts"
import { type Control, isControl } from "../Control.ts"
import type * as RestartPolicy from "../RestartPolicy.ts"
import type { Storage } from "../Storage.ts"
import type * as Thread from "../Thread.ts"
import { checkCopies, checkNames } from "./actorChecks.ts"
import * as clusters from "./cluster.ts"
import type { Options, Strategy } from "./declaration.ts"
import * as isolation from "./isolation.ts"
import { type Checker, checker, isObject, type LoadLayer, show } from "./optionChecks.ts"
import * as permissions from "./permissions.ts"
import * as recycling from "./recycling.ts"
import * as storage from "./storage.ts"

/** The name of the supervisor's own thread, which no declared thread may have. */
export const mainThread = "main"

/** One thread, every unit in its name. */
export interface ThreadSpec {
  readonly name: string
  readonly actors: ReadonlyArray<Actor.Lazy<unknown, unknown>>
  readonly restart: RestartPolicy.RestartPolicy
  readonly startTimeoutMillis: number
  readonly shutdownTimeoutMillis: number
  readonly stallAfterMillis: number
  readonly onStall: "restart" | "report"
  readonly debugger: "pause" | "ignore"
  readonly resourceLimits: ResourceLimits | undefined
  readonly onGiveUp: "escalate" | "quarantine"
  readonly onUnkillable: "wait" | "exit"
  readonly standby: number
  readonly isolation: isolation.Isolation
  readonly childProcesses: "end" | "keep"
  readonly permissions: permissions.Permissions
  readonly layer: LoadLayer | undefined
  /** When it is replaced by a fresh one. */
  readonly recycle: recycling.RecycleSpec | undefined
  /** The declaration that it is an instance of; its name is that of the thread if there is only one instance. */
  readonly group: Group
}

/** Which instance of a declared thread this is. */
export interface Group {
  readonly name: string
  /** From 0 on. */
  readonly index: number
  readonly count: number
}

/** A declaration that was checked, with all its defaults. */
export interface Topology {
  /** The URL of the config module. */
  readonly module: string
  readonly threads: ReadonlyArray<ThreadSpec>
  readonly strategy: Strategy
  readonly startup: "sequential" | "parallel"
  readonly shutdownTimeoutMillis: number
  readonly layer: LoadLayer | undefined
  /** Where durable messages are kept. */
  readonly storage?: Storage | undefined
  /** How it takes part in a cluster. */
  readonly cluster?: ReturnType<typeof clusters.resolve>
  /** Whether the system listens for the `heddle` command; nothing if the declaration leaves it to what runs it. */
  readonly control?: Control | undefined
  /** The names of threads that are declared and not started with the system; an operator may start them. Default none. */
  readonly dormant?: ReadonlySet<string>
  /** Receives the files that a thread imports, some at a time. Default: threads don't say. */
  readonly onImported?: (thread: string, files: ReadonlyArray<string>) => void
}

type AnyOptions = Options<Readonly<Record<string, Thread.Thread<unknown, unknown>>>> & Thread.Shared

/** Throws `InvalidSystem` with every fault found. */
export const make = (options: AnyOptions): Topology => {
  const check = checker()
  const declared = isObject(options.threads) ? Object.entries(options.threads) : []
  const threads = declared.flatMap(([name, thread]) => {
    if (isObject(thread) && isObject(thread.options)) return resolveInstances(check, name, thread)
    check.problem(`threads.${name}: ${show(thread)} is not a thread; write Thread.make({ actors: [...] })`)
    return []
  })
  if (!isObject(options.threads)) check.problem(`threads: ${show(options.threads)} is not an object of threads by name`)
  else if (declared.length === 0) check.problem("threads: at least one thread is needed")
  const located = locate(options.module)
  const module = "url" in located ? located.url : ""
  if ("problem" in located) check.problem(`module: ${show(options.module)} ${located.problem}`)
  checkNames(check, threads)
  const kept = storage.resolve(check, options.storage, threads)
  const cluster = clusters.resolve(check, options.cluster, threads, kept)
  checkCopies(check, threads, module === "" ? import.meta.url : module)
  const topology = {
    module,
    threads: storage.withThread(clusters.withThread(threads, cluster), kept),
    storage: kept,
    cluster,
    ...clusters.dormantOf(threads, cluster),
    strategy: check.oneOf("strategy", options.strategy, ["one-for-one", "rest-for-one", "one-for-all"]),
    startup: check.oneOf("startup", options.startup, ["sequential", "parallel"]),
    shutdownTimeoutMillis: check.millis("shutdownTimeout", options.shutdownTimeout, "25 seconds", 0),
    layer: check.layer("layer", options.layer),
    control: resolveControl(check, options.control)
  }
  check.done()
  return topology
}

const resolveControl = (check: Checker, control: unknown): Control | undefined => {
  if (control === undefined || isControl(control)) return control
  return void check.problem(`control: ${show(control)} is not one of Control.socket, Control.none`)
}

/** The options of an actor's layer. */
const layerOptions: { readonly [Option in keyof Actor.Options]-?: true } = {
  concurrency: true,
  mailbox: true,
  restart: true,
  health: true
}

/** Fills in and checks the options of an actor's layer. Throws `InvalidSystem`. */
export const actorOptions = (actor: string, options: Actor.Options) => {
  const check = checker()
  const at = (field: string) => `${actor}.toLayer: ${field}`
  for (const option of Object.keys(options)) {
    if (option in layerOptions) continue
    check.problem(`${at(show(option))} is not an option; the options are ${Object.keys(layerOptions).join(", ")}`)
  }
  const resolved = {
    concurrency: options.concurrency === "unbounded"
      ? Infinity
      : check.count(at("concurrency"), options.concurrency, 1, 1),
    capacity: check.count(at("mailbox.capacity"), options.mailbox?.capacity, 1000, 1),
    overflow: check.oneOf(at("mailbox.overflow"), options.mailbox?.overflow, ["suspend", "fail", "drop-oldest"]),
    restart: resolveRestart(check, at("restart"), options.restart),
    health: resolveHealth(check, at("health"), options.health)
  }
  check.done()
  return resolved
}

const resolveHealth = (check: Checker, path: string, health: Actor.Health | undefined) => {
  if (health === undefined) return undefined
  if (!isObject(health) || !Effect.isEffect(health.check)) {
    check.problem(`${path}: ${show(health)} is not a health check; write health: { check, every: "5 seconds" }`)
    return undefined
  }
  return { check: health.check, everyMillis: check.millis(`${path}.every`, health.every, "5 seconds", 1) }
}

/** The most instances of a thread. */
const mostInstances = 64

/** Checks `instances`, and gives how many there are. */
const resolveInstances = (
  check: Checker,
  name: string,
  thread: Thread.Thread<unknown, unknown>
): ReadonlyArray<ThreadSpec> => {
  const path = `threads.${name}.instances`
  const { instances } = thread.options
  const count = instances === "cores"
    ? Math.min(cores(), mostInstances)
    : check.count(path, instances, 1, 1, mostInstances, `, or "cores"`)
  const spec = resolveThread(check, name, thread, count)
  return Array.from({ length: count }, (_, index) => ({
    ...spec,
    name: count === 1 ? name : `${name}.${index + 1}`,
    group: { name, index, count }
  }))
}

/** Checks the actors of a thread. */
const resolveActors = (check: Checker, path: string, declared: unknown): ThreadSpec["actors"] => {
  if (!Array.isArray(declared)) {
    check.problem(`${path}: ${show(declared)} is not a list of actors`)
    return []
  }
  if (declared.length === 0) check.problem(`${path}: at least one actor is needed`)
  const actors = declared.flatMap((lazy: unknown, index) => {
    if (isLazy(lazy)) return [lazy]
    check.problem(`${path}[${index}]: ${show(lazy)} is not an actor; write Actor.lazy(Name, () => import("..."))`)
    return []
  })
  for (const { actor } of actors) {
    check.name(path, actor.actorName)
    check.timeout(`${path}: the timeout of "${actor.actorName}"`, actor.callTimeout)
  }
  return actors
}

/** A thread of several instances may compute for long, unless it says how long a task takes: then a stall is reported only. */
const resolveWatchdog = (
  check: Checker,
  at: (field: string) => string,
  { watchdog }: Thread.Thread<unknown, unknown>["options"],
  instances: number,
  taskMillis: number | undefined
): Pick<ThreadSpec, "stallAfterMillis" | "onStall"> => {
  const mayCompute = instances > 1 && taskMillis === undefined
  const fallback = taskMillis ?? "5 seconds"
  return {
    stallAfterMillis: check.millis(at("watchdog.stallAfter"), watchdog?.stallAfter, fallback, 100),
    onStall: check.oneOf(
      at("watchdog.action"),
      watchdog?.action,
      mayCompute ? ["report", "restart"] : ["restart", "report"]
    )
  }
}

/** Checks the options of a thread, and fills in their defaults. */
const resolveThread = (
  check: Checker,
  name: string,
  { options }: Thread.Thread<unknown, unknown>,
  instances: number
): Omit<ThreadSpec, "group"> => {
  const at = (field: string) => `threads.${name}.${field}`
  check.name(`threads.${name}`, name)
  if (name === mainThread) check.problem(`threads.${name}: "${mainThread}" is the supervisor's own thread`)
  const actors = resolveActors(check, at("actors"), options.actors)
  const where = isolation.resolve(check, at("isolation"), options.isolation)
  const shutdownTimeoutMillis = check.millis(at("shutdownTimeout"), options.shutdownTimeout, "5 seconds", 0)
  const taskMillis = options.taskTimeout === undefined
    ? undefined
    : check.millis(at("taskTimeout"), options.taskTimeout, "5 seconds", 100)
  return {
    name,
    actors,
    restart: resolveRestart(check, at("restart"), options.restart),
    startTimeoutMillis: check.millis(at("startTimeout"), options.startTimeout, "30 seconds", 1),
    shutdownTimeoutMillis,
    ...resolveWatchdog(check, at, options, instances, taskMillis),
    debugger: check.oneOf(at("watchdog.debugger"), options.watchdog?.debugger, ["pause", "ignore"]),
    resourceLimits: check.resourceLimits(at("resourceLimits"), options.resourceLimits),
    onGiveUp: check.oneOf(at("onGiveUp"), options.onGiveUp, ["escalate", "quarantine"]),
    onUnkillable: check.oneOf(at("onUnkillable"), options.onUnkillable, ["wait", "exit"]),
    standby: check.count(at("standby"), options.standby, 0, 0, 8),
    isolation: where,
    permissions: permissions.resolve(check, at("permissions"), options, where),
    childProcesses: check.oneOf(at("childProcesses"), options.childProcesses, ["end", "keep"]),
    layer: check.layer(at("layer"), options.layer),
    recycle: recycling.resolve(check, at("recycle"), options, { shutdownTimeoutMillis, taskMillis })
  }
}

/** Fills in and checks how something is restarted. */
export const resolveRestart = (
  check: Checker,
  path: string,
  options: RestartPolicy.Options = {}
): RestartPolicy.RestartPolicy => {
  const minMillis = check.millis(`${path}.backoff.min`, options.backoff?.min, "100 millis", 0)
  return {
    policy: check.oneOf(`${path}.policy`, options.policy, ["on-failure", "always", "never"]),
    minMillis,
    maxMillis: check.millis(`${path}.backoff.max`, options.backoff?.max, Math.max(30_000, minMillis), minMillis),
    factor: check.number(`${path}.backoff.factor`, options.backoff?.factor, 2, 1, Infinity),
    jitter: check.number(`${path}.backoff.jitter`, options.backoff?.jitter, 0.2, 0, 1),
    failures: check.count(`${path}.limit.failures`, options.limit?.failures, 5, 0),
    resetAfterMillis: check.millis(`${path}.limit.resetAfter`, options.limit?.resetAfter, "30 seconds", 1)
  }
}

const isLazy = (value: unknown): value is Actor.Lazy<unknown, unknown> =>
  isObject(value) && "load" in value && typeof value.load === "function" && "actor" in value &&
  (isObject(value.actor) || typeof value.actor === "function") && "actorName" in value.actor &&
  typeof value.actor.actorName === "string"
