/**
 * One incarnation of a thread with `isolation: "process"`, seen from the supervisor: a child process with the life of any other
 * thread.
 *
 * ```text
 *   spawned: it inherits the file of the shared memory, and an IPC channel that is its control plane
 *     |
 *   lives --- exits, is killed ---> `exit`: it is dead --- its channel closes, or brings nothing more ---> reported
 * ```
 *
 * It dies with this process: the kernel kills it when the thread that has started it ends, and it does so itself when the channel
 * closes.
 */
import { type ChildProcess, spawn as spawnChild } from "node:child_process"
import { randomUUID } from "node:crypto"
import { Duplex } from "node:stream"
import { fileURLToPath } from "node:url"
import { serialize } from "node:v8"
import * as log from "../base/log.ts"
import * as permissions from "../control/permissions.ts"
import type { ProcessInit, ProcessLink, ToProcess, ToThread } from "../control/protocol.ts"
import type { ThreadSpec, Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import * as childTable from "../shared/childNotes.ts"
import * as recording from "../shared/recorder.ts"
import { allocate as allocateRemains } from "../shared/remains.ts"
import type { Segment } from "../shared/segment.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import * as vitalSigns from "../shared/vitals.ts"
import { readNow, socketOf } from "../wire/socketPort.ts"
import * as cgroup from "./cgroup.ts"
import * as children from "./children.ts"
import { childVariable, commandOf, heapFlags } from "./processArgv.ts"
import { endingOf, keepText } from "./processEnd.ts"
import { make as makeInspector, type ProcessInspector } from "./processInspector.ts"
import * as profiling from "./profiling.ts"
import type { Sharing } from "./sharing.ts"
import { defaultYoungMb, entryOf, initOf, type Loop, reader, type Spawn } from "./thread.ts"
import * as whereabouts from "./whereabouts.ts"

/** The descriptors that a child has beyond those of any child: the shared memory, the errors that it writes itself, its eye. */
const [memoryFd, errorsFd, eyeFd] = [4, 5, 6]

/** A child that can't be talked to any more is about to end, or is ended after this time. */
const leavingMillis = 500
/** All that a dead child had sent is in the kernel by then, and is read in one turn of the loop. */
const quietTurns = 3

/** Starts child processes of a system. */
export const spawnIn = ({ segment }: Sharing): Spawn => (topology, spec, on) => {
  if (segment === undefined) throw new Error("the threads of this system share no memory with processes")
  const shared = allocate(segment, spec)
  const { block, recorder, remains, tables, vitals } = shared
  const own = statusBlock.make(block)
  let isTerminated = false
  const oomKills = cgroup.oomKills()
  const channelKey = randomUUID()
  const init = { ...initFor(topology, spec, segment, shared), channelKey }
  const child = start(topology, spec, segment.fd, place(segment, init))
  const forget = children.holdThread(child)
  const left = tables.map(children.hold)
  const { lastWords, read } = reader(topology, spec, on)
  const eye = eyeOf(child, spec)
  const errors = keepText((text) => log.write(2, text))
  child.on("message", read)
  child.stderr?.on("data", errors.add)
  const report = (cause: ExitCause.ExitCause): void => {
    forget()
    for (const memory of [block, recorder, remains.loopback, remains.waiting, vitals, ...tables]) segment.retire(memory)
    const [table] = left
    if (table === undefined) on.exit(cause)
    else table.end(() => on.exit(cause))
  }
  onEnd(child, (error) => report(ExitCause.Thrown.make(ExitCause.describe(error))), (code, signal) => {
    drain(child, errors.add)
    report(endingOf({
      code,
      signal,
      isTerminated,
      words: lastWords(),
      exitNoted: own.exitNoted(),
      errors: errors.text(),
      isOomKill: signal === "SIGKILL" && cgroup.oomKills() > oomKills
    }))
  })
  return {
    block: own,
    memory: block,
    isProcess: true,
    remains,
    recorder: recording.make(recorder),
    post: (message) => post(child, segment, channelKey, message),
    terminate() {
      isTerminated = true
      child.kill("SIGKILL")
    },
    measureLoop: loopOf(vitals),
    cpuMicros: () => Promise.resolve(vitalSigns.read(vitals).cpuMicros),
    find(found, patienceMillis) {
      const idleMillis = () => vitalSigns.read(vitals).idleMillis
      whereabouts.find({ open: () => eye?.open(), idleMillis }, found, patienceMillis)
    },
    profile: (millis, signal) => profiling.cpu(child, () => eye?.open(), millis, signal),
    heap: async () => {
      if (eye === undefined) throw new Error("it has no permissions, and so no inspector")
      return eye.heap()
    }
  }
}

/** What looks at a child, unless that may have no inspector. */
const eyeOf = (child: ChildProcess, { permissions }: ThreadSpec): ProcessInspector | undefined => {
  // A child that could not be started has no list of streams.
  const socket = child.pid === undefined ? undefined : child.stdio[eyeFd]
  if (!(socket instanceof Duplex)) return undefined
  if (permissions === "all") return makeInspector(socket)
  socket.on("error", () => {})
  return undefined
}

/** Allocates the memory of one child. */
const allocate = ({ allocate }: Segment, { actors, childProcesses }: ThreadSpec) => ({
  block: statusBlock.allocate(actors.length, allocate),
  remains: allocateRemains(allocate),
  recorder: recording.allocate(allocate),
  tables: childProcesses === "end" ? [childTable.allocate(allocate)] : [],
  vitals: allocate(vitalSigns.vitalsBytes)
})

/** What a child is told when it starts. */
const initFor = (
  topology: Topology,
  spec: ThreadSpec,
  { regionOf }: Segment,
  { block, recorder, remains, tables, vitals }: ReturnType<typeof allocate>
): Omit<ProcessInit, "channelKey"> => {
  const { output: _, ...init } = initOf(topology, spec, block, remains, recorder)
  return {
    ...init,
    block: regionOf(block),
    recorder: regionOf(recorder),
    children: tables.map(regionOf),
    remains: { loopback: regionOf(remains.loopback), waiting: regionOf(remains.waiting) },
    vitals: regionOf(vitals)
  }
}

/** Puts it into the shared memory, and says where it is. */
const place = (segment: Segment, init: ProcessInit): string => {
  const content = serialize(init)
  const memory = segment.allocate(content.length)
  new Uint8Array(memory).set(content)
  segment.retire(memory)
  return [memoryFd, segment.regionOf(memory).offset, content.length, errorsFd, process.pid, eyeFd].join(":")
}

/** Starts the child process. */
const start = (topology: Topology, spec: ThreadSpec, memory: number, init: string): ChildProcess => {
  const entry = entryOf(topology)
  const file = entry._tag === "File" ? fileURLToPath(entry.url) : undefined
  const { args, env } = commandOf(file, [
    ...heapFlags(spec.resourceLimits, defaultYoungMb),
    ...permissions.flagsFor(spec)
  ])
  return spawnChild(process.execPath, args, {
    stdio: ["ignore", "inherit", "pipe", "ipc", memory, 2, "pipe"],
    serialization: "advanced",
    env: { ...env, [childVariable]: init }
  })
}

/** Calls `failed` if the child can't be started, and else `ended` when it is dead and all of its messages have arrived. */
const onEnd = (
  child: ChildProcess,
  failed: (error: Error) => void,
  ended: (code: number | null, signal: NodeJS.Signals | null) => void
): void => {
  // Not only the first one: of a process that has been started, its end says more.
  child.on("error", (error) => {
    if (child.pid === undefined) failed(error)
  })
  let state: "lives" | "exited" | "ended" = "lives"
  /** Turns of the loop without a message. */
  let turns = 0
  let leaving: NodeJS.Timeout | undefined
  const end = (): void => {
    if (state !== "exited") return
    state = "ended"
    clearTimeout(leaving)
    ended(child.exitCode, child.signalCode)
  }
  // The channel need not close with it: another process may hold it open for a while.
  const look = (): void => {
    if (++turns > quietTurns) end()
    else setImmediate(look)
  }
  child.on("message", () => {
    turns = 0
  })
  child.once("exit", () => {
    state = "exited"
    if (child.connected) look()
    else setImmediate(end)
  })
  child.once("disconnect", () => {
    if (state === "exited") end()
    else leaving = setTimeout(() => child.kill("SIGKILL"), leavingMillis)
  })
}

/** What it has printed may still wait in its pipe. */
const drain = ({ stderr }: ChildProcess, add: (chunk: Buffer) => void): void => {
  if (stderr === null) return
  for (let next = readNow(stderr); next !== undefined; next = readNow(stderr)) add(next)
}

/** Sends a message of the supervisor; the socket of a link goes with it. */
const post = (child: ChildProcess, { regionOf }: Segment, channelKey: string, message: ToThread): void => {
  if (!child.connected) return
  // Who sends to a child that has just died learns of it by its end.
  const ignore = (): void => {}
  const envelope = (message: unknown): ToProcess => ({ channelKey, message })
  if (message._tag !== "Link") return void child.send(envelope(message), ignore)
  const { block, port, receives, sends, ...link } = message.link
  if (!("claim" in port)) throw new Error("a link to a process takes a socket")
  const mapped: ProcessLink = {
    ...link,
    block: regionOf(block),
    receives: regionOf(receives),
    sends: regionOf(sends),
    bulk: { sends: port.bulk.sends.offset, receives: port.bulk.receives.offset }
  }
  child.send(envelope({ _tag: "Link", link: mapped }), socketOf(port, true), ignore)
}

/** Its loop, as it has noted with its last beat. That it moves shows only by a further beat, for which it is asked. */
const loopOf = (vitals: SharedArrayBuffer): () => Loop => {
  let last = vitalSigns.read(vitals)
  return () => {
    const now = vitalSigns.read(vitals)
    const idle = now.idleMillis - last.idleMillis
    const active = now.activeMillis - last.activeMillis
    last = now
    return { idleMillis: 0, activeMillis: now.activeMillis, utilization: active <= 0 ? 0 : active / (idle + active) }
  }
}
