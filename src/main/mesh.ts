/**
 * The links between all pairs of threads. Every thread, main included, has one link to every other.
 *
 * A link is made when the younger of its two threads starts, carries messages from when that is ready, and ends with either.
 *
 * ```text
 *   join --> linked with all members --> open --> stopping --> lost --> (join again)
 *                                                                 gone: it won't come back by itself
 *                                                                 expected: it will
 * ```
 */
import { MessagePort } from "node:worker_threads"
import type { LinkInit, Mailboxes, PeerMessage } from "../control/protocol.ts"
import { mainThread } from "../control/topology.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Endpoint } from "../host/endpoint.ts"
import { overPort } from "../link/peer.ts"
import * as ledger from "../shared/ledger.ts"
import * as linkEnds from "./linkEnds.ts"
import * as lostTells from "./lostTells.ts"
import type { Sharing } from "./sharing.ts"
import type { Thread } from "./thread.ts"

/** A thread that has links: main, or an incarnation that is alive. */
interface Member {
  readonly thread: string
  readonly incarnation: number
  /** Its status block. */
  readonly block: SharedArrayBuffer
  /** It is another process. */
  readonly isProcess: boolean
  /** Gives it its end of a link. */
  readonly link: (end: LinkInit) => void
  /** Reports to it what becomes of another member. */
  readonly report: (message: PeerMessage) => void
  /** Known once its actors are built. */
  mailboxes: Mailboxes | undefined
}

export type Mesh = ReturnType<typeof make>

/** Makes the mesh of a system, with main as its only member. */
export const make = (options: {
  readonly main: Endpoint
  readonly mainBlock: SharedArrayBuffer
  /** The mailboxes of the actors on main. */
  readonly mainMailboxes: Mailboxes
  readonly sharing: Sharing
}) => {
  const { sharing } = options
  const main = ofMain(options.main, options.mainBlock, options.mainMailboxes)
  const members = new Map([[mainThread, main]])
  const gone = new Map<string, string>()
  /** The last incarnations that were lost, which may not be dead. */
  const given = new Map<string, number>()
  const lost = lostTells.make()
  const ends = linkEnds.make(sharing)

  const report = (message: PeerMessage): void => {
    for (const [name, member] of members) if (name !== message.peer) member.report(message)
  }

  /** Links two threads. Both get a port, and the ledgers of both directions. */
  const linkPair = (older: Member, younger: Member): void => {
    const forth = ledger.allocate(sharing.allocate)
    const back = ledger.allocate(sharing.allocate)
    const [port1, port2] = sharing.link(older.isProcess || younger.isProcess, forth, back)
    older.link({ ...peerOf(younger), port: port1, sends: forth, receives: back })
    younger.link({ ...peerOf(older), port: port2, sends: back, receives: forth })
    ends.add({ ends: [{ of: older, port: port1 }, { of: younger, port: port2 }], ledgers: [forth, back] })
    if (older.mailboxes !== undefined) younger.report(readyOf(older, older.mailboxes))
    // What main sends and receives never outlives main.
    if (older === main) return
    lost.track(older, younger, forth)
    lost.track(younger, older, back)
  }

  return {
    /** Links a thread that is about to start with all members. */
    join(name: string, incarnation: number, thread: Thread): void {
      const younger = ofThread(name, incarnation, thread)
      for (const older of members.values()) linkPair(older, younger)
      for (const [peer, why] of gone) younger.report({ _tag: "PeerGone", peer, why })
      members.set(name, younger)
    },
    /** A thread takes messages. */
    open(name: string, mailboxes: Mailboxes): void {
      const member = members.get(name)
      if (member === undefined) return
      member.mailboxes = mailboxes
      report(readyOf(member, mailboxes))
    },
    /** A thread is asked to stop. */
    stopping: (name: string, comesBack: boolean): void => report({ _tag: "PeerStopping", peer: name, comesBack }),
    /** A thread is dead, or about to be: its calls are settled with the cause. Then it is lost once more when it is dead. */
    lost(name: string, incarnation: number, cause: ExitCause.ExitCause): void {
      if (members.get(name)?.incarnation === incarnation) members.delete(name)
      else if (given.get(name) !== incarnation) return
      given.set(name, incarnation)
      report({ _tag: "PeerLost", peer: name, incarnation, cause })
    },
    /** A thread is proven dead. Returns the tells that no living thread can deliver or report. */
    ended(thread: string, incarnation: number): ReadonlyArray<lostTells.Lost> {
      const tells = lost.ended({ thread, incarnation })
      ends.ended({ thread, incarnation })
      return tells
    },
    /** A thread won't come back by itself. */
    gone(name: string, why: string): void {
      gone.set(name, why)
      report({ _tag: "PeerGone", peer: name, why })
    },
    /** A thread will come (back). */
    expected(name: string): void {
      gone.delete(name)
      report({ _tag: "PeerExpected", peer: name })
    }
  }
}

const peerOf = ({ block, incarnation, thread }: Member) => ({ peer: thread, incarnation, block })

const readyOf = ({ incarnation, thread }: Member, mailboxes: Mailboxes): PeerMessage => ({
  _tag: "PeerReady",
  peer: thread,
  incarnation,
  mailboxes
})

/** A thread as a member of the mesh. */
const ofThread = (name: string, incarnation: number, thread: Thread): Member => ({
  thread: name,
  incarnation,
  block: thread.memory,
  isProcess: thread.isProcess === true,
  link: (end) => thread.post({ _tag: "Link", link: end }, end.port instanceof MessagePort ? [end.port] : []),
  report: (message) => thread.post(message),
  mailboxes: undefined
})

/** Main's endpoint lives on this thread, so it is called instead of sent to. */
const ofMain = (endpoint: Endpoint, block: SharedArrayBuffer, mailboxes: Mailboxes): Member => ({
  thread: mainThread,
  incarnation: 0,
  block,
  isProcess: false,
  link: ({ port, ...end }) => endpoint.connect({ ...end, connect: overPort(port) }),
  report: (message) => endpoint.heed(message),
  mailboxes
})
