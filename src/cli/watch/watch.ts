/**
 * `heddle start FILE --watch`: restarts what has loaded a file that changes.
 *
 * ```text
 *   outer process   starts the inner one again when that asks for it, or has failed and a file changes
 *     inner process   the system; a changed file that only threads have loaded restarts those
 * ```
 *
 * What main itself has loaded can't be loaded again in the same process, hence two.
 */
import * as Effect from "effect/Effect"
import { execFile } from "node:child_process"
import { relative, resolve } from "node:path"
import { isConfig } from "../../control/config.ts"
import type { ThreadSpec, Topology } from "../../control/topology.ts"
import type { Running } from "../../main/run.ts"
import type { SystemError } from "../../SystemError.ts"
import { watch as tellImports } from "../../worker/imports.ts"
import { type ConfigModuleError, load, start } from "../start.ts"
import * as files from "./files.ts"
import { again, innerVariable, Known, outer } from "./outer.ts"
import { compare, planOf } from "./plan.ts"

/** Runs the system, or the process that does. Completes with the exit code. */
export const run = (
  file: string,
  names: ReadonlyArray<string> | undefined
): Effect.Effect<number, ConfigModuleError | SystemError> => {
  if (process.env[innerVariable] === undefined || process.send === undefined) return outer(file)
  // Not for the processes that the system starts.
  delete process.env[innerVariable]
  // Nobody would start it again.
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))
  return Effect.scoped(Effect.gen(function*() {
    const watched = yield* files.make((problem) => tell(`${problem}; what changes there is not noticed`))
    const loaded = makeLoaded(file, watched)
    tellImports((imported) => loaded.note(undefined, imported))
    return yield* start(file, names, (topology) => ({
      onImported: loaded.note,
      attend: (running) => attend({ file, loaded, running, topology, watched })
    }))
  }))
}

const tell = (problem: string): void => process.emitWarning(problem)

/** Keeps the files that main and each thread have loaded. */
const makeLoaded = (file: string, watched: files.Watched) => {
  const main = new Set<string>()
  const threads = new Map<string, Set<string>>()
  /** When a thread that has been renewed began to load. */
  const renewedAtMillis = new Map<string | undefined, number>()
  return {
    config: resolve(file),
    main,
    threads,
    /** A thread has imported files, or main has. */
    note(thread: string | undefined, imported: ReadonlyArray<string>): void {
      const known = thread === undefined ? main : threads.get(thread) ?? new Set()
      if (thread !== undefined) threads.set(thread, known)
      for (const path of imported) known.add(path)
      watched.add(imported, renewedAtMillis.get(thread) ?? performance.timeOrigin)
      // The outer process waits for their change if this one fails.
      process.send?.(Known.make({ files: imported }))
    },
    /** A thread begins to load again. Gives what to do if that fails. */
    forget(thread: string): () => void {
      const before = threads.get(thread) ?? new Set()
      threads.set(thread, new Set())
      renewedAtMillis.set(thread, Date.now())
      return () => threads.set(thread, new Set([...before, ...threads.get(thread) ?? []]))
    }
  }
}

/** What a running system is attended by. */
interface Attended {
  readonly file: string
  readonly topology: Topology
  readonly running: Running<never>
  readonly watched: files.Watched
  readonly loaded: ReturnType<typeof makeLoaded>
}

/** Follows the files of a running system; completes when all of it is to begin again. */
const attend = (attended: Attended): Effect.Effect<string> =>
  Effect.gen(function*() {
    const { file, loaded, running, topology, watched } = attended
    yield* Effect.ignore(running.boot)
    for (let version = 1;; version++) {
      const changed = yield* watched.changed
      yield* Effect.log(`changed: ${[...changed].map((path) => relative(process.cwd(), path)).join(", ")}`)
      const plan = planOf(changed, loaded)
      const threads = plan._tag === "System"
        ? undefined
        : plan._tag === "Threads"
        ? plan.threads
        : yield* declared(file, version, topology, plan.threads)
      if (threads !== undefined) yield* Effect.forEach(threads, (thread) => renew(attended, thread), { discard: true })
      else if (yield* isSound(file)) break
    }
    process.send?.(again)
    return "its files have changed; it starts again"
  })

/** The threads that a changed declaration concerns, and `others`; nothing if all of the system is to begin again. */
const declared = (
  file: string,
  version: number,
  topology: Topology,
  others: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string> | undefined> =>
  load(file, version).pipe(
    Effect.map((loaded) => {
      const { topology: now } = isConfig(loaded) ? loaded : loaded.config
      const difference = compare(topology, now)
      if (difference._tag === "System") return undefined
      for (const name of difference.threads) adopt(topology, now, name)
      return [...new Set([...difference.threads, ...others])]
    }),
    Effect.catch((error) => Effect.as(Effect.logError(`${error.message}. The running system goes on`), []))
  )

/** The next incarnations of a thread have the options that are declared now. */
const adopt = ({ threads }: Topology, now: Topology, name: string): void => {
  const named = (spec: ThreadSpec): boolean => spec.name === name
  Object.assign(threads.find(named) ?? {}, now.threads.find(named))
}

/** Restarts a thread, once it loads. */
const renew = ({ loaded, running }: Attended, thread: string): Effect.Effect<void> =>
  Effect.suspend(() => {
    const failed = loaded.forget(thread)
    return running.supervisor.renew(thread).pipe(
      Effect.flatMap((isRenewed) => {
        if (isRenewed) return Effect.void
        failed()
        return Effect.logWarning(`thread "${thread}" goes on as it was, because what has changed does not load`)
      }),
      Effect.catch((error) => Effect.logError(error.message))
    )
  })

/** Whether a new process could load it; what it prints says why not. */
const isSound = (file: string): Effect.Effect<boolean> =>
  Effect.callback<string | undefined>((resume) => {
    const [, bin = ""] = process.argv
    const child = execFile(process.execPath, [...process.execArgv, bin, "check", file], (error, out, err) => {
      resume(Effect.succeed(error === null ? undefined : `${out}${err}`.trim()))
    })
    return Effect.sync(() => child.kill())
  }).pipe(
    Effect.flatMap((problem) =>
      problem === undefined
        ? Effect.succeed(true)
        : Effect.as(Effect.logError(`${problem}\nThe running system goes on`), false)
    )
  )
