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
  readonly measureLoop: () => Loop
}

/** How a thread's event loop has spent its time, read from outside: it neither wakes the thread nor waits for it. */
export interface Loop {
  /** How long it has slept in all; as long as before while it is blocked, however it is. */
  readonly idleMillis: number
  /** How long it was active in all; 0 until it first turns. */
  readonly activeMillis: number
  /** Part of the time since it was last measured in which it was active, 0 to 1. */
  readonly utilization: number
}

/** Who hears of a thread; `exit` is called once, when it is proven dead and all it said has arrived. */
export interface Listener {
  readonly message: (message: ToSupervisor) => void
  readonly exit: (cause: ExitCause.ExitCause) => void
}

/** Starts a thread, which loads what it hosts and waits for `Begin`. `module` is the URL of the config module. */
export type Spawn = (module: string, spec: ThreadSpec, on: Listener) => Thread

/** What a thread is told when it starts. */
export const initOf = (module: string, spec: ThreadSpec, memory: SharedArrayBuffer): ThreadInit => ({
  heddle: "thread",
  module,
  thread: spec.name,
  board: memory,
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
    measureLoop() {
      const now = worker.performance.eventLoopUtilization()
      const idle = Math.max(0, now.idle - last.idle)
      const active = Math.max(0, now.active - last.active)
      last = now
      // All are 0 before the loop has begun, and once the thread has ended.
      const utilization = active === 0 ? 0 : active / (idle + active)
      return { idleMillis: now.idle, activeMillis: now.active, utilization }
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
