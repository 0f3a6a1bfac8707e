/**
 * Checks a declared system and fills in its defaults.
 *
 * Pure and light: main and every thread run it when they import the config module.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { availableParallelism } from "node:os"
import { inspect } from "node:util"
import type { ResourceLimits } from "node:worker_threads"
import type * as Actor from "../Actor.ts"
import * as copies from "../base/copies.ts"
import { locate } from "../base/loadModule.ts"
import type * as RestartPolicy from "../RestartPolicy.ts"
import { InvalidSystem } from "../SystemError.ts"
import type * as Thread from "../Thread.ts"
import type { Options, Strategy } from "./declaration.ts"

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
  readonly childProcesses: "end" | "keep"
  readonly layer: LoadLayer | undefined
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

/** Imports the module whose default export is a layer. */
type LoadLayer = () => Promise<{ readonly default: unknown }>

export interface Topology {
  /** The URL of the config module. */
  readonly module: string
  readonly threads: ReadonlyArray<ThreadSpec>
  readonly strategy: Strategy
  readonly startup: "sequential" | "parallel"
  readonly shutdownTimeoutMillis: number
  readonly layer: LoadLayer | undefined
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
  if ("problem" in located) check.problem(`module: ${show(options.module)} ${located.problem}`)
  const hosts = new Map<string, string>()
  for (const thread of threads.filter(({ group }) => group.index === 0)) {
    for (const { actor } of thread.actors) {
      const host = hosts.get(actor.actorName)
      if (host === undefined) hosts.set(actor.actorName, thread.group.name)
      else {
        check.problem(
          `threads.${thread.group.name}.actors: the name "${actor.actorName}" is taken by an actor of thread "${host}"; ` +
            `actor names are unique in a system`
        )
      }
    }
  }
  const foreign = threads.flatMap(({ actors }) => actors).map(({ actor }) => actor).filter(({ protocol }) =>
    copies.isForeign(protocol)
  )
  if (foreign.length > 0) {
    check.problem(
      `two copies of effect: the messages of ${
        foreign.map(({ actorName }) => actorName).join(", ")
      } are not made with the ` +
        `one that heddle uses; ${copies.account("url" in located ? located.url : import.meta.url)}`
    )
  }
  const topology = {
    module: "url" in located ? located.url : "",
    threads,
    strategy: check.oneOf("strategy", options.strategy, ["one-for-one", "rest-for-one", "one-for-all"]),
    startup: check.oneOf("startup", options.startup, ["sequential", "parallel"]),
    shutdownTimeoutMillis: check.millis("shutdownTimeout", options.shutdownTimeout, "25 seconds", 0),
    layer: check.layer("layer", options.layer)
  }
  check.done()
  return topology
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

const resolveInstances = (
  check: Checker,
  name: string,
  thread: Thread.Thread<unknown, unknown>
): ReadonlyArray<ThreadSpec> => {
  const path = `threads.${name}.instances`
  const { instances } = thread.options
  const count = instances === "cores"
    ? Math.min(availableParallelism(), mostInstances)
    : check.count(path, instances, 1, 1, mostInstances, `, or "cores"`)
  const spec = resolveThread(check, name, thread, count)
  return Array.from({ length: count }, (_, index) => ({
    ...spec,
    name: count === 1 ? name : `${name}.${index + 1}`,
    group: { name, index, count }
  }))
}

const resolveThread = (
  check: Checker,
  name: string,
  { options }: Thread.Thread<unknown, unknown>,
  instances: number
): Omit<ThreadSpec, "group"> => {
  const at = (field: string) => `threads.${name}.${field}`
  check.name(`threads.${name}`, name)
  if (name === mainThread) check.problem(`threads.${name}: "${mainThread}" is the supervisor's own thread`)
  if (!Array.isArray(options.actors)) check.problem(`${at("actors")}: ${show(options.actors)} is not a list of actors`)
  else if (options.actors.length === 0) check.problem(`${at("actors")}: at least one actor is needed`)
  const actors = Array.from(Array.isArray(options.actors) ? options.actors : []).filter((lazy: unknown, index) => {
    if (isLazy(lazy)) return true
    check.problem(
      `${at("actors")}[${index}]: ${show(lazy)} is not an actor; write Actor.lazy(Name, () => import("..."))`
    )
    return false
  })
  const stallAfterMillis = options.taskTimeout === undefined
    ? undefined
    : check.millis(at("taskTimeout"), options.taskTimeout, "5 seconds", 100)
  const mayCompute = instances > 1 && options.taskTimeout === undefined
  for (const { actor } of actors) {
    check.name(at("actors"), actor.actorName)
    check.timeout(`${at("actors")}: the timeout of "${actor.actorName}"`, actor.callTimeout)
  }
  return {
    name,
    actors,
    restart: resolveRestart(check, at("restart"), options.restart),
    startTimeoutMillis: check.millis(at("startTimeout"), options.startTimeout, "30 seconds", 1),
    shutdownTimeoutMillis: check.millis(at("shutdownTimeout"), options.shutdownTimeout, "5 seconds", 0),
    stallAfterMillis: check.millis(
      at("watchdog.stallAfter"),
      options.watchdog?.stallAfter,
      stallAfterMillis ?? "5 seconds",
      100
    ),
    onStall: check.oneOf(
      at("watchdog.action"),
      options.watchdog?.action,
      mayCompute ? ["report", "restart"] : ["restart", "report"]
    ),
    debugger: check.oneOf(at("watchdog.debugger"), options.watchdog?.debugger, ["pause", "ignore"]),
    resourceLimits: check.resourceLimits(at("resourceLimits"), options.resourceLimits),
    onGiveUp: check.oneOf(at("onGiveUp"), options.onGiveUp, ["escalate", "quarantine"]),
    onUnkillable: check.oneOf(at("onUnkillable"), options.onUnkillable, ["wait", "exit"]),
    standby: check.count(at("standby"), options.standby, 0, 0, 8),
    childProcesses: check.oneOf(at("childProcesses"), options.childProcesses, ["end", "keep"]),
    layer: check.layer(at("layer"), options.layer)
  }
}

const resolveRestart = (
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

/**
 * What V8 can live with, in MB. Below these, a thread has no room for heddle itself, or V8 aborts the process, which no
 * supervisor survives; above, it does so, too, or the thread gets no stack. Measured with Node 22.23, 24.21 and 26.10.
 */
const usableLimits: ReadonlyMap<string, { readonly min: number; readonly max: number }> = new Map([
  // 2 aborts; 4 to 16 is out of memory at the start; 20 suffices mostly.
  ["maxOldGenerationSizeMb", { min: 24, max: 1_000_000 }],
  ["maxYoungGenerationSizeMb", { min: 1, max: 1_000_000 }],
  // Node 22 aborts when the code of a thread outgrows 2.
  ["codeRangeSizeMb", { min: 8, max: 4096 }],
  ["stackSizeMb", { min: 1, max: 1024 }]
])

type Checker = ReturnType<typeof checker>

/** Reads options one by one; each faulty one adds a line with its path and value, and stands in with its default. */
const checker = () => {
  const problems: Array<string> = []
  const problem = (line: string): void => void problems.push(line)
  const number = (path: string, value: number | undefined, fallback: number, min: number, max: number): number => {
    if (value === undefined) return fallback
    if (typeof value === "number" && value >= min && value <= max) return value
    problem(`${path}: ${show(value)} is not a number ${range(min, max)}`)
    return fallback
  }
  const limit = (path: string, field: string, value: unknown): void => {
    const usable = usableLimits.get(field)
    if (usable === undefined) return problem(`${path} is not a limit; take ${[...usableLimits.keys()].join(", ")}`)
    const { max, min } = usable
    if (value === undefined || (typeof value === "number" && value >= min && value <= max)) return
    const why = typeof value === "number" && value < min
      ? `; with less a thread can't load heddle, or the whole process is aborted`
      : ""
    problem(`${path}: ${show(value)} is not a number ${range(min, max)}${why}`)
  }
  return {
    problem,
    number,
    count: (
      path: string,
      value: number | undefined,
      fallback: number,
      min: number,
      max = Infinity,
      alternative = ""
    ): number => {
      if (value === undefined) return fallback
      if (Number.isSafeInteger(value) && value >= min && value <= max) return value
      problem(`${path}: ${show(value)} is not a whole number ${range(min, max)}${alternative}`)
      return fallback
    },
    millis: (path: string, value: Duration.Input | undefined, fallback: Duration.Input, min: number): number => {
      if (value === undefined) return Duration.toMillis(fallback)
      const millis = toMillis(value)
      if (Number.isFinite(millis) && millis >= min) return millis
      problem(
        `${path}: ${show(value)} is not a duration of ${min === 0 ? "0 or more" : `at least ${min} millis`}; ` +
          `write it as "5 seconds" or "100 millis"`
      )
      return Duration.toMillis(fallback)
    },
    timeout: (path: string, value: Duration.Input | undefined): void => {
      if (value === undefined || toMillis(value) >= 1) return
      problem(`${path}: ${show(value)} is not a duration of at least 1 millis; write it as "30 seconds" or "Infinity"`)
    },
    oneOf: <const A extends string>(path: string, value: A | undefined, allowed: readonly [A, ...Array<A>]): A => {
      if (value === undefined) return allowed[0]
      if (allowed.includes(value)) return value
      problem(`${path}: ${show(value)} is none of ${allowed.map(show).join(", ")}`)
      return allowed[0]
    },
    name: (path: string, name: string): void => {
      if (/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) return
      const why = name.includes(".") ? `; names with "." are heddle's own, such as "hash.1" or "heddle.Supervisor"` : ""
      problem(
        `${path}: ${show(name)} is not a usable name; take 1-64 letters, digits, "_" or "-", a letter first${why}`
      )
    },
    layer: (path: string, load: LoadLayer | undefined): LoadLayer | undefined => {
      if (load === undefined || typeof load === "function") return load
      problem(`${path}: ${show(load)} is not a function that imports a module; write layer: () => import("./Layer.ts")`)
      return undefined
    },
    resourceLimits: (path: string, limits: ResourceLimits | undefined): ResourceLimits | undefined => {
      if (limits === undefined) return undefined
      if (!isObject(limits)) problem(`${path}: ${show(limits)} is not an object such as { maxOldGenerationSizeMb: 64 }`)
      else Object.entries(limits).forEach(([field, value]) => limit(`${path}.${field}`, field, value))
      return limits
    },
    done: (): void => {
      if (problems.length > 0) throw new InvalidSystem({ problems })
    }
  }
}

const range = (min: number, max: number): string => max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`

const toMillis = (value: Duration.Input): number => {
  try {
    // A duration made of NaN would be zero.
    return Number.isNaN(value) ? Number.NaN : Duration.toMillis(value)
  } catch {
    return Number.NaN
  }
}

const show = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity })

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

const isLazy = (value: unknown): boolean =>
  isObject(value) && "load" in value && typeof value.load === "function" && "actor" in value &&
  (isObject(value.actor) || typeof value.actor === "function") && "actorName" in value.actor &&
  typeof value.actor.actorName === "string"
