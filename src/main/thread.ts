/**
 * One incarnation of a worker thread, seen from the supervisor: the only place that knows `Worker`.
 */
import { type MessagePort, Worker } from "node:worker_threads"
import * as ExitCause from "../ExitCause.ts"
import * as board from "../link/board.ts"
import type { ThreadInit, ToSupervisor, ToThread } from "../link/control.ts"
import type { ThreadSpec } from "../topology.ts"

export interface Thread {
  readonly board: board.Board
  readonly memory: SharedArrayBuffer
  readonly post: (message: ToThread, transfer?: ReadonlyArray<MessagePort>) => void
  readonly terminate: () => void
  /** Part of the time since the last call in which the event loop was busy, 0 to 1. */
  readonly measureUtilization: () => number
}

/** Who hears of a thread; `exit` is called once, when it is proven dead and all it said has arrived. */
export interface Listener {
  readonly message: (message: ToSupervisor) => void
  readonly exit: (cause: ExitCause.ExitCause) => void
}

/** Starts a thread, which loads what it hosts and waits for `Begin`. `module` is the URL of the config module. */
export type Spawn = (module: string, spec: ThreadSpec, on: Listener) => Thread

/** How often a thread shows that its loop turns: well within `stallAfter`, and at most so that idle costs nothing. */
export const beatMillis = (spec: ThreadSpec): number => Math.min(1000, spec.stallAfterMillis / 4)

/** What a thread is told when it starts. */
export const initOf = (module: string, spec: ThreadSpec, memory: SharedArrayBuffer): ThreadInit => ({
  heddle: "thread",
  module,
  thread: spec.name,
  board: memory,
  beatMillis: beatMillis(spec),
  closeMillis: spec.shutdownTimeoutMillis
})

const entry = new URL("../worker/entry.js", import.meta.url)

export const spawn: Spawn = (module, spec, on) => {
  const memory = board.allocate(spec.actors.length)
  const own = board.make(memory)
  const worker = new Worker(entry, {
    name: spec.name,
    workerData: initOf(module, spec, memory),
    ...(spec.resourceLimits === undefined ? {} : { resourceLimits: spec.resourceLimits })
  })
  let error: unknown
  worker.on("message", on.message)
  worker.on("error", (thrown) => {
    error ??= thrown ?? new Error("something empty was thrown")
  })
  // Not "error": that may overtake the thread's last messages.
  worker.on("exit", (code) => on.exit(endingOf(error, code, own.exitNoted())))
  let last = worker.performance.eventLoopUtilization()
  return {
    board: own,
    memory,
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    terminate: () => void worker.terminate(),
    measureUtilization() {
      const now = worker.performance.eventLoopUtilization()
      const { utilization } = worker.performance.eventLoopUtilization(now, last)
      last = now
      return Math.min(1, Math.max(0, utilization))
    }
  }
}

const endingOf = (error: unknown, code: number, exitNoted: boolean): ExitCause.ExitCause => {
  if (error === undefined) return ExitCause.Exited.make({ code, how: exitNoted ? "process.exit" : "drained" })
  const thrown = ExitCause.describe(error)
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? ExitCause.OutOfMemory.make({ message: thrown.message })
    : ExitCause.Thrown.make(thrown)
}
