/**
 * What the threads of a system share: where their memory is, and how two of them are linked.
 *
 * ```text
 *   both in this process     memory of the process, a MessageChannel
 *   one in another process   memory that processes can map, a pair of Unix sockets, and a part of that memory for large values
 * ```
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { closeSync } from "node:fs"
import { MessageChannel } from "node:worker_threads"
import type { Topology } from "../control/topology.ts"
import type { LinkPort } from "../link/peer.ts"
import { bulkBytes } from "../shared/bulk.ts"
import { libc } from "../shared/libc.ts"
import * as memory from "../shared/memory.ts"
import * as segment from "../shared/segment.ts"
import * as socketPort from "../wire/socketPort.ts"

/** The memory and the links of one system. */
export interface Sharing {
  /** Memory that all threads of the system can use. */
  readonly allocate: memory.Allocate
  /** The file that child processes inherit; undefined in a system that has none. */
  readonly segment: segment.Segment | undefined
  /** Makes the two ends of a link. `forth` is the ledger of what the first one sends. */
  readonly link: (
    isBetweenProcesses: boolean,
    forth: SharedArrayBuffer,
    back: SharedArrayBuffer
  ) => readonly [LinkPort, LinkPort]
  /** A thread is dead: its end of a link is closed, unless it had taken it. */
  readonly close: (port: LinkPort) => void
  /** Nobody needs the content any more, as soon as all know of a death that is known here. */
  readonly retire: (memory: SharedArrayBuffer, isOver?: () => boolean) => void
  /** The same for the large values of a link. */
  readonly retireBulk: (port: LinkPort) => void
  /** The thread has not opened its end of a link between processes yet. */
  readonly isUntaken: (port: LinkPort) => boolean
}

const channel = (): readonly [LinkPort, LinkPort] => {
  const { port1, port2 } = new MessageChannel()
  return [port1, port2]
}

/** The sharing of a system whose threads all run in this process. */
export const inProcess: Sharing = {
  allocate: memory.inProcess,
  segment: undefined,
  link: channel,
  close: () => {},
  retire: () => {},
  retireBulk: () => {},
  isUntaken: () => false
}

const [unixStream, notBlockingAndCloseOnExec] = [1, 1 | 0o4000 | 0o2000000]

/** Two sockets that are connected. */
const socketPair = (): readonly [older: number, younger: number] => {
  const pair = new Int32Array(new SharedArrayBuffer(8))
  const { addressOf, functions } = libc()
  if (functions.socketpair(unixStream, notBlockingAndCloseOnExec, 0, addressOf(pair.buffer)) !== 0) {
    throw new Error("a pair of sockets can't be made: the process may have too many open files")
  }
  const [older = -1, younger = -1] = pair
  return [older, younger]
}

const claim = (): SharedArrayBuffer => new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)

const linkIn = (file: segment.Segment, ...ledgers: readonly [SharedArrayBuffer, SharedArrayBuffer]) => {
  const [older, younger] = socketPair()
  const place = (ledger: SharedArrayBuffer) => ({ offset: file.take(bulkBytes).offset, ledger })
  const [forth, back] = [place(ledgers[0]), place(ledgers[1])]
  return [
    { fd: older, claim: claim(), bulk: { fd: file.fd, sends: forth, receives: back } },
    { fd: younger, claim: claim(), bulk: { fd: file.fd, sends: back, receives: forth } }
  ] as const
}

/** Makes what a system shares. */
const make = ({ threads }: Topology): Sharing => {
  if (!threads.some(({ isolation }) => isolation === "process")) return inProcess
  const file = segment.make()
  return {
    allocate: file.allocate,
    segment: file,
    link: (isBetweenProcesses, forth, back) => isBetweenProcesses ? linkIn(file, forth, back) : channel(),
    close(port) {
      if ("claim" in port) socketPort.abandon(port, closeSync)
    },
    retire: file.retire,
    retireBulk(port) {
      if (!("bulk" in port)) return
      for (const { offset } of [port.bulk.sends, port.bulk.receives]) file.retireRegion({ offset, bytes: bulkBytes })
    },
    isUntaken: (port) => "claim" in port && socketPort.isUntaken(port)
  }
}

/** The sharing of a system until the scope closes: all threads are dead then. */
export const scoped = (topology: Topology): Effect.Effect<Sharing, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => make(topology)),
    ({ segment }) => Effect.sync(() => segment?.close())
  )
