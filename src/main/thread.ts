/**
 * One incarnation of a worker thread, seen from the supervisor: the only place that knows `Worker`.
 */
import * as Schema from "effect/Schema"
import type { Readable } from "node:stream"
import { setTimeout } from "node:timers/promises"
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads"
import { storageThread } from "../actor/storageActor.ts"
import * as bundle from "../base/bundle.ts"
import * as log from "../base/log.ts"
import * as agreement from "../control/agreement.ts"
import * as importing from "../control/importing.ts"
import * as permissions from "../control/permissions.ts"
import {
  Imported,
  LastWords,
  type ThreadInit,
  ToSupervisor,
  type ToThread,
  type WorkerInit
} from "../control/protocol.ts"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import * as giveBack from "../life/giveBack.ts"
import * as childTable from "../shared/childNotes.ts"
import { trim } from "../shared/libc.ts"
import * as recording from "../shared/recorder.ts"
import { allocate as allocateRemains, type Remains } from "../shared/remains.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import * as children from "./children.ts"
import * as inspecting from "./inspecting.ts"
import * as profiling from "./profiling.ts"
import type { Sharing } from "./sharing.ts"
import * as threadInspector from "./threadInspector.ts"
import * as whereabouts from "./whereabouts.ts"
import { withArguments } from "./workerArgv.ts"

/** A thread as the supervisor holds it, real or simulated. */
export interface Thread {
  readonly block: statusBlock.StatusBlock
  readonly memory: SharedArrayBuffer
  /** It is a child process. */
  readonly isProcess?: boolean
  readonly remains: Remains
  /** What it has logged last. */
  readonly recorder: recording.Recorder
  readonly post: (message: ToThread, transfer?: ReadonlyArray<MessagePort>) => void
  readonly terminate: () => void
  readonly measureLoop: () => Loop
  /** The processor time of the thread, in microseconds; nothing where Node does not say, or not soon. */
  readonly cpuMicros: () => Promise<number | undefined>
  /** Finds out where the thread is, if it does not move; calls `found` once, within 300 ms by default. */
  readonly find: (found: (where: ExitCause.Whereabouts) => void, patienceMillis?: number) => void
  /** Takes a CPU profile of the thread for some time: the content of a file for DevTools. */
  readonly profile: (millis: number, signal: AbortSignal) => Promise<string>
  /** Takes a snapshot of the thread's heap: the content of a file for DevTools. */
  readonly heap: () => Promise<Readable>
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

/** Receives what a thread sends; `exit` is called once, when it and its children are proven dead and all of its messages have arrived. */
export interface Listener {
  readonly message: (message: ToSupervisor) => void
  readonly exit: (cause: ExitCause.ExitCause) => void
  /** What was posted to the supervisor has no effect; called once at most. */
  readonly ignored: (warning: string) => void
}

/** Starts a thread of a system, which loads what it hosts and waits for `Begin`. */
export type Spawn = (topology: Topology, spec: ThreadSpec, on: Listener) => Thread

/** About when the declaration was imported, which is before the system runs, or at once after. */
const loadedAtMillis = Date.now()

/** What a thread is told when it starts. */
export const initOf = (
  topology: Topology,
  spec: ThreadSpec,
  memory: SharedArrayBuffer,
  remains: Remains,
  recorder: SharedArrayBuffer,
  children: ReadonlyArray<SharedArrayBuffer> = []
): ThreadInit => ({
  heddle: "thread",
  module: topology.module,
  around: importing.around(),
  output: log.sharedOutput(),
  thread: spec.name,
  block: memory,
  children,
  remains,
  recorder,
  closeMillis: spec.shutdownTimeoutMillis,
  names: agreement.namesOf(topology),
  hosts: agreement.hostedBy(spec),
  instance: spec.group,
  permissions: spec.permissions,
  recycle: spec.recycle && { after: spec.recycle.after, heapBytes: spec.recycle.heapBytes },
  ...spec.name === storageThread ? { storage: storageOf(topology) } : {},
  sinceMillis: loadedAtMillis,
  isWatched: topology.onImported !== undefined
})

const storageOf = ({ storage }: Topology): ThreadInit["storage"] =>
  storage?.kind === "sqlite" ? { kind: "sqlite", path: storage.path } : storage && { kind: "postgres" }

/** A thread counts as loaded when it says that it hosts what was declared; else it fails to load. */
export const verified = ({ module }: Topology, spec: ThreadSpec, message: ToSupervisor): ToSupervisor => {
  if (message._tag !== "Loaded") return message
  const difference = agreement.differs(agreement.hostedBy(spec), message.hosts)
  if (difference === undefined) return message
  const cause = { thread: spec.name, module, message: `it hosts what was not declared: ${difference}`, stack: "" }
  return { _tag: "Failing", cause: ExitCause.LoadFailed.make(cause), fatal: false, unwellMillis: 0 }
}

/** The code that the threads of a system run. */
export const entryOf = ({ module }: Topology): bundle.Entry => bundle.entryOf(import.meta.url, module)

/** Why no thread of a system can be started; nothing if they can. */
export const problemOf = ({ module }: Topology): string | undefined => bundle.problemOf(import.meta.url, module)

export const isToSupervisor = Schema.is(ToSupervisor)
export const isLastWords = Schema.is(LastWords)
const isImported = Schema.is(Imported)

/** Half of V8's young generation: 16 to 59 MB less in a process of two busy threads, and at most 4 % more CPU time. */
export const defaultYoungMb = 32

/**
 * Starts worker threads of a system: their memory, their port and their `Worker`.
 *
 * **Details**
 * - Its end is reported on the event `exit`, and not on `error`, which may overtake the last messages of the thread.
 */
export const spawnIn = ({ allocate, retire, segment }: Sharing): Spawn => (topology, spec, on) => {
  const memory = statusBlock.allocate(spec.actors.length, allocate)
  const own = statusBlock.make(memory)
  const remains = allocateRemains()
  const recorder = recording.allocate()
  const spawned = spec.childProcesses === "end" ? childTable.allocate() : undefined
  const tables = spawned === undefined ? [] : [spawned, ...childTable.inherited]
  const { port1: control, port2 } = new MessageChannel()
  const workerData: WorkerInit = { ...initOf(topology, spec, memory, remains, recorder, tables), control: port2 }
  const entry = entryOf(topology)
  const worker = withArguments((options) =>
    new Worker(entry._tag === "File" ? entry.url : entry.source, {
      ...options,
      eval: entry._tag === "Source",
      name: spec.name,
      workerData,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: defaultYoungMb, ...spec.resourceLimits }
    }), permissions.flagsFor(spec))
  const { lastWords, read, stray } = reader(topology, spec, on)
  const left = spawned && children.hold(spawned)
  let error: unknown
  control.on("message", read)
  worker.on("message", stray)
  worker.on("messageerror", stray)
  worker.on("error", (thrown) => {
    error ??= thrown ?? new Error("a falsy value was thrown")
  })
  // Not "error": that may overtake the thread's last messages.
  worker.on("exit", (code) => {
    // What it posted last may still wait in the port, which knows nothing of the thread's end.
    for (let next = receiveMessageOnPort(control); next !== undefined; next = receiveMessageOnPort(control)) {
      read(next.message)
    }
    control.close()
    if (segment !== undefined) retire(memory)
    const cause = endingOf(error, lastWords(), code, own.exitNoted())
    if (left === undefined) on.exit(cause)
    else left.end(() => on.exit(cause))
  })
  let last = worker.performance.eventLoopUtilization()
  return {
    block: own,
    memory,
    remains,
    recorder: recording.make(recorder),
    post: (message, transfer = []) => control.postMessage(message, [...transfer]),
    terminate: () => inspecting.terminate(worker),
    profile: (millis, signal) => profiling.cpu(worker, () => threadInspector.open(worker.threadId), millis, signal),
    heap: () => profiling.heap(worker),
    find(found, patienceMillis) {
      const idleMillis = () => worker.performance.eventLoopUtilization().idle
      const { threadId } = worker
      whereabouts.find({ open: () => threadInspector.open(threadId), idleMillis }, found, patienceMillis)
    },
    measureLoop() {
      const now = worker.performance.eventLoopUtilization()
      const idle = Math.max(0, now.idle - last.idle)
      const active = Math.max(0, now.active - last.active)
      last = now
      // All are 0 before the loop has begun, and once the thread has ended.
      const utilization = active === 0 ? 0 : active / (idle + active)
      return { idleMillis: now.idle, activeMillis: now.active, utilization }
    },
    cpuMicros: () => cpuMicrosOf(worker)
  }
}

/** How long a thread may take to say its processor time; one in a native call does not say it. */
const cpuPatienceMillis = 200

/** Node 22 does not say. */
const cpuMicrosOf = async (worker: Worker): Promise<number | undefined> => {
  if (!("cpuUsage" in worker)) return undefined
  const usage = worker.cpuUsage().then(({ system, user }) => user + system, () => undefined)
  return await Promise.race([usage, setTimeout(cpuPatienceMillis, undefined, { ref: false })])
}

/** This thread gives back what its start took a little after the threads that were started last, and what the process has freed. */
const giveBackLater = giveBack.make(1500, trim)

/** Reads what arrives from a thread; the first of what means nothing is worth a warning. */
export const reader = (topology: Topology, spec: ThreadSpec, on: Listener) => {
  let warned = false
  let last: LastWords | undefined
  const warn = (warning: string): void => {
    if (warned) return
    warned = true
    on.ignored(`thread "${spec.name}" ${warning} Further ones are ignored without a word`)
  }
  return {
    lastWords: () => last,
    read(message: unknown): void {
      if (isToSupervisor(message)) {
        if (message._tag === "Ready") giveBackLater()
        on.message(verified(topology, spec, message))
      } else if (isLastWords(message)) last = message
      else if (isImported(message)) topology.onImported?.(spec.name, message.files)
      else {warn(
          "sent its supervisor what that does not understand, and it is ignored: its version of heddle is another."
        )}
    },
    stray: (): void =>
      warn(
        "posted a message to parentPort, which nobody reads, and it is ignored: actors send to each other by their clients, " +
          "and a library that is made for a worker of its own needs one (new Worker)."
      )
  }
}

/** The thread's own words tell more than the error that arrived; what it says nothing of has ended it in another way. */
const endingOf = (
  error: unknown,
  words: LastWords | undefined,
  code: number,
  exitNoted: boolean
): ExitCause.ExitCause => {
  if (error === undefined) return ExitCause.Exited.make({ code, how: exitNoted ? "process.exit" : "drained" })
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
    return ExitCause.OutOfMemory.make({ message: ExitCause.describe(error).message })
  }
  const { message, name, stack } = words ?? ExitCause.describe(error)
  return ExitCause.Thrown.make({ name, message, stack })
}
