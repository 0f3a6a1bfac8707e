/**
 * Whether this is a heddle thread that imports its modules, where no system may be started: each of its threads would import
 * the same modules, start the same system, and so on without end.
 *
 * ```text
 *   importing   nobody starts a system: no actor is built yet, so it is the module itself that does
 *   imported    an actor may start any system; what a module has begun may start none; what else runs here, none whose config
 *               module made this thread
 * ```
 *
 * Kept where every copy of heddle in the thread finds it: the one that the module imports may be another one.
 */
import * as Context from "effect/Context"
import { AsyncLocalStorage } from "node:async_hooks"
import * as Actor from "../Actor.ts"
import { withAdvice } from "../base/importAdvice.ts"
import { StartedInThread } from "../SystemError.ts"
import type { Config } from "./config.ts"

/** What is known of a module while it is imported. */
interface Importing {
  readonly thread: string
  /** The config modules of this thread's system, and of the systems around it. */
  readonly modules: ReadonlyArray<string>
  isDone: boolean
  /** What would have been started. */
  refused: StartedInThread | undefined
  /** The systems that the modules have declared. */
  readonly made: Array<Config<unknown, unknown>>
  /** Is true in all that the modules have begun while they were imported, such as a timer; undefined where that costs. */
  readonly begun: AsyncLocalStorage<true> | undefined
}

declare global {
  var heddleImporting: Importing | undefined
}

/** The first Node that follows promises without a hook on each of them. */
const firstNode = 24

/** This thread begins to import its modules. */
export const begin = (thread: string, modules: ReadonlyArray<string>): void => {
  const begun = Number.parseInt(process.versions.node) < firstNode ? undefined : new AsyncLocalStorage<true>()
  globalThis.heddleImporting = { thread, modules, isDone: false, refused: undefined, made: [], begun }
}

/** Imports a module of the user. What that begins meanwhile is known as its own later on. */
export const during = async <A>(load: () => Promise<A>): Promise<A> => {
  const begun = globalThis.heddleImporting?.begun
  try {
    return await (begun === undefined ? load() : begun.run(true, load))
  } catch (error) {
    throw withAdvice(error)
  }
}

/** All is imported. What was refused meanwhile, which may have been caught, comes back. */
export const end = (): StartedInThread | undefined => {
  const importing = globalThis.heddleImporting
  if (importing !== undefined) importing.isDone = true
  return importing?.refused
}

/** What was refused until now. */
export const refused = (): StartedInThread | undefined => globalThis.heddleImporting?.refused

/** The config modules of the systems that this thread is part of. */
export const around = (): ReadonlyArray<string> => globalThis.heddleImporting?.modules ?? []

/** A module declares a system while this thread imports it. */
export const noteMade = (config: Config<unknown, unknown>): void => {
  const importing = globalThis.heddleImporting
  if (importing !== undefined && !importing.isDone) importing.made.push(config)
}

/** What the modules have declared under a URL: in a bundle several modules have the same one, and it exports none of them. */
export const madeIn = (module: string): ReadonlyArray<Config<unknown, unknown>> =>
  (globalThis.heddleImporting?.made ?? []).filter(({ topology }) => pathOf(topology.module) === pathOf(module))

/** Why a system may not be started here and now by who runs in `context`; `undefined` if it may. */
export const refuse = (module: string, context: Context.Context<never>): StartedInThread | undefined => {
  const importing = globalThis.heddleImporting
  if (importing === undefined) return undefined
  const isActor = Context.getOrUndefined(context, Actor.Current) !== undefined
  const isOwn = importing.modules.some((own) => pathOf(own) === pathOf(module))
  const isBegun = importing.begun?.getStore() === true
  if (importing.isDone && (isActor || !(isOwn || isBegun))) return undefined
  const error = new StartedInThread({ thread: importing.thread, module })
  if (!importing.isDone) importing.refused ??= error
  return error
}

/** A module that is imported with another query is the same program. */
const pathOf = (module: string): string => module.replace(/[?#].*$/, "")
