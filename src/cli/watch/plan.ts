/**
 * What a change of files means to a running system. Pure.
 */
import * as agreement from "../../control/agreement.ts"
import type { LoadLayer } from "../../control/optionChecks.ts"
import type { ThreadSpec, Topology } from "../../control/topology.ts"

/** The files that main and each thread have loaded, by their paths. */
export interface Loaded {
  /** The config module. */
  readonly config: string
  /** What main has loaded: the config module, what that imports, and what runs on main. */
  readonly main: ReadonlySet<string>
  readonly threads: ReadonlyMap<string, ReadonlySet<string>>
}

/**
 * What is to be done.
 *
 * **Details**
 * - `Threads`: these are restarted.
 * - `Declaration`: the config module alone has changed, or threads as well; it is compared with what runs.
 * - `System`: main has loaded it, so all of it begins again.
 */
export type Plan =
  | { readonly _tag: "Threads"; readonly threads: ReadonlyArray<string> }
  | { readonly _tag: "Declaration"; readonly threads: ReadonlyArray<string> }
  | { readonly _tag: "System" }

/** What changed files mean. */
export const planOf = (changed: ReadonlySet<string>, { config, main, threads }: Loaded): Plan => {
  const others = new Set([...changed].filter((file) => file !== config))
  if ([...others].some((file) => main.has(file))) return { _tag: "System" }
  const having = [...threads].flatMap(([thread, files]) => [...others].some((file) => files.has(file)) ? [thread] : [])
  return { _tag: changed.has(config) ? "Declaration" : "Threads", threads: having }
}

/** How a changed declaration differs from the one that runs: in these threads, or in what only a new system can have. */
export type Difference =
  | { readonly _tag: "Threads"; readonly threads: ReadonlyArray<string> }
  | { readonly _tag: "System"; readonly what: string }

/** Compares declarations. A thread whose code may be in the config module differs whenever that has changed. */
export const compare = (before: Topology, after: Topology): Difference => {
  const what = differenceOf(before, after)
  if (what !== undefined) return { _tag: "System", what }
  return {
    _tag: "Threads",
    threads: after.threads.flatMap((spec, index) => {
      const earlier = before.threads[index]
      const isSame = earlier !== undefined && optionsOf(earlier) === optionsOf(spec) && isElsewhere(spec)
      return isSame ? [] : [spec.name]
    })
  }
}

/** What of a system is made once; nothing if it is the same. */
const differenceOf = (before: Topology, after: Topology): string | undefined => {
  if (namesOf(before) !== namesOf(after)) return "the threads"
  if (hostsOf(before) !== hostsOf(after)) return "the actors or their messages"
  return systemOf(before) === systemOf(after) ? undefined : "the system's options"
}

const namesOf = ({ threads }: Topology): string => JSON.stringify(threads.map(({ group, name }) => [name, group]))

const hostsOf = ({ threads }: Topology): string => JSON.stringify(threads.map(agreement.hostedBy))

/** What of a declaration belongs to no single thread, as a text to compare. */
const systemOf = ({ control, layer, shutdownTimeoutMillis, startup, storage, strategy, threads }: Topology): string =>
  JSON.stringify([
    control,
    textOf(layer),
    shutdownTimeoutMillis,
    startup,
    storage,
    strategy,
    // These are made of main itself.
    threads.map(({ isolation }) => isolation)
  ])

const optionsOf = ({ actors, layer, ...options }: ThreadSpec): string =>
  JSON.stringify([options, textOf(layer), actors.map(({ load }) => String(load))])

const textOf = (layer: LoadLayer | undefined): string | null => layer === undefined ? null : String(layer)

/** `() => import("./Layer.ts")`: what it does stands in another file. */
const importOfFile = /^\(\) ?=> ?import\((["'])[^"']+\1\)$/

/** Whether nothing that the thread runs is code of the config module. */
const isElsewhere = ({ actors, layer }: ThreadSpec): boolean =>
  [...actors.map(({ load }) => load), ...layer === undefined ? [] : [layer]].every((load) =>
    importOfFile.test(String(load))
  )
