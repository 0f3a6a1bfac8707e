/**
 * The child processes of this thread: noted as they are spawned, by whatever way, and ended with the thread.
 */
import * as Effect from "effect/Effect"
import { ChildProcess } from "node:child_process"
import { atMost } from "../loop/atMost.ts"
import * as children from "../shared/childNotes.ts"

/** A child and its places in the tables. */
interface Noted extends children.Child {
  readonly places: ReadonlyArray<readonly [table: children.Table, place: number]>
}

/** Notes every child from now on in the tables. What comes back ends those that live, within twice the given time. */
export const install = (
  thread: string,
  memories: ReadonlyArray<SharedArrayBuffer>
): (graceMillis: number) => Effect.Effect<void> => {
  const spawn: unknown = Reflect.get(ChildProcess.prototype, "spawn")
  if (memories.length === 0 || typeof spawn !== "function") return () => Effect.void
  const tables = memories.map(children.make)
  const living = new Map<ChildProcess, Noted>()
  let warned = false

  const note = (process_: ChildProcess, detached: boolean): void => {
    const { pid } = process_
    // It could not be started.
    if (pid === undefined) return
    const child = { pid, detached, startedAt: children.startOf(pid) }
    const places = tables.flatMap((table) => {
      const place = table.add(child)
      return place === undefined ? [] : [[table, place] as const]
    })
    living.set(process_, { ...child, places })
    process_.once("exit", () => {
      living.delete(process_)
      for (const [table, place] of places) table.remove(place)
    })
    if (places.length === tables.length || warned) return
    warned = true
    process.emitWarning(
      `thread "${thread}" has more child processes than heddle can note. Those beyond are ended when the thread stops in order, ` +
        "and live on when it crashes: have fewer at a time, or end them yourself"
    )
  }

  // All of `spawn`, `exec`, `execFile`, `fork` and `cluster` come through here, however they were imported.
  Reflect.set(ChildProcess.prototype, "spawn", function(this: ChildProcess, ...args: ReadonlyArray<unknown>): unknown {
    const result: unknown = Reflect.apply(spawn, this, args)
    note(this, isDetached(args[0]))
    return result
  })

  const ended = (process_: ChildProcess): Effect.Effect<void> =>
    Effect.callback((resume) => {
      if (hasEnded(process_)) return resume(Effect.void)
      const done = (): void => resume(Effect.void)
      process_.once("exit", done)
      return Effect.sync(() => process_.off("exit", done))
    })

  return Effect.fnUntraced(function*(graceMillis) {
    const all = Array.from(living).filter(([process_]) => !hasEnded(process_))
    if (all.length === 0) return
    const allEnded = Effect.forEach(all, ([process_]) => ended(process_), { concurrency: "unbounded", discard: true })
    // A child that was asked to end need not be asked again: some programs take the second signal for impatience.
    for (const [process_, child] of all) if (!process_.killed) children.signal(child, "SIGTERM")
    if (yield* atMost(graceMillis, allEnded)) return
    const late = all.filter(([process_]) => !hasEnded(process_))
    for (const [, child] of late) children.signal(child, "SIGKILL")
    if (yield* atMost(Math.max(graceMillis, 100), allEnded)) return
    const pids = all.flatMap(([process_, { pid }]) => hasEnded(process_) ? [] : [pid])
    yield* Effect.logWarning(`child processes can't be ended: ${pids.join(", ")}`)
  })
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

const isDetached = (options: unknown): boolean =>
  typeof options === "object" && options !== null && "detached" in options && options.detached === true
