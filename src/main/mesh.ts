/**
 * Who can talk to whom: links every pair of living threads, and tells all of them what becomes of each.
 *
 * Every thread, main included, has one link to every other. A link is made when the younger of its two threads starts,
 * carries messages from when that is ready, and dies with either.
 */
import { MessageChannel } from "node:worker_threads"
import type { LinkInit, Mailboxes, ToThread } from "../control/protocol.ts"
import { mainThread } from "../control/topology.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Endpoint } from "../host/endpoint.ts"
import type { LinkEnd } from "../link/endpoint.ts"
import { overPort } from "../link/endpoint.ts"
import * as ledger from "../shared/ledger.ts"
import { countLosses, type Loss } from "../shared/remains.ts"
import type { Thread } from "./thread.ts"

interface Member {
  readonly incarnation: number
  readonly thread: Thread
  mailboxes: Mailboxes | undefined
}

/** Messages from one incarnation of a thread to one of another, whose ledger outlives both. */
interface Direction {
  readonly from: End
  readonly to: End
  readonly memory: SharedArrayBuffer
}

interface End {
  readonly id: string
  readonly thread: string
  dead: boolean
}

/** Tells of one thread that were lost. */
interface Lost {
  readonly sender: string
  readonly losses: ReadonlyArray<Loss>
}

const idOf = (name: string, incarnation: number): string => `${name}#${incarnation}`

export type Routes = ReturnType<typeof make>

export const make = (options: {
  readonly main: Endpoint
  readonly mainBlock: SharedArrayBuffer
  /** The mailboxes of the actors on main. */
  readonly mainMailboxes: Mailboxes
}) => {
  const { main } = options
  const members = new Map<string, Member>()
  const gone = new Map<string, string>()

  const tell = (message: ToThread, except: string): void => {
    for (const [name, { thread }] of members) if (name !== except) thread.post(message)
  }

  const memory = () => ({ forth: ledger.allocate(), back: ledger.allocate() })

  /** One direction of each link between two threads, until nothing of it can be lost any more. */
  let directions: Array<Direction> = []

  /** What was told by an incarnation that is dead to another one that is: nobody is left to settle it. */
  const lossesOf = (name: string, incarnation: number): ReadonlyArray<Lost> => {
    const id = idOf(name, incarnation)
    const losses: Array<Lost> = []
    directions = directions.filter((direction) => {
      if (direction.from.id === id) direction.from.dead = true
      if (direction.to.id === id) direction.to.dead = true
      if (!direction.from.dead) return true
      const tells = ledger.outstandingTells(direction.memory)
      if (!direction.to.dead) return tells.length > 0
      const { from, to } = direction
      if (tells.length > 0) losses.push({ sender: from.thread, losses: countLosses(to.thread, tells) })
      return false
    })
    return losses
  }

  return {
    /** Links a thread that is about to start with all that live. */
    join(name: string, incarnation: number, thread: Thread): void {
      const link = (peer: LinkInit): void => thread.post({ _tag: "Link", link: peer }, [peer.port])

      const { port1, port2 } = new MessageChannel()
      const { back, forth } = memory()
      const end: LinkEnd = {
        peer: name,
        incarnation,
        connect: overPort(port1),
        sends: forth,
        receives: back,
        block: thread.memory
      }
      main.connect(end)
      link({ peer: mainThread, incarnation: 0, port: port2, sends: back, receives: forth, block: options.mainBlock })
      thread.post({ _tag: "PeerReady", peer: mainThread, incarnation: 0, mailboxes: options.mainMailboxes })

      for (const [peer, member] of members) {
        const { port1, port2 } = new MessageChannel()
        const { back, forth } = memory()
        const older = idOf(peer, member.incarnation)
        const younger = idOf(name, incarnation)
        const end = (id: string, thread: string) => ({ id, thread, dead: false })
        directions.push(
          { from: end(older, peer), to: end(younger, name), memory: forth },
          { from: end(younger, name), to: end(older, peer), memory: back }
        )
        member.thread.post(
          {
            _tag: "Link",
            link: { peer: name, incarnation, port: port1, sends: forth, receives: back, block: thread.memory }
          },
          [port1]
        )
        const { incarnation: peerIncarnation, mailboxes } = member
        link({
          peer,
          incarnation: peerIncarnation,
          port: port2,
          sends: back,
          receives: forth,
          block: member.thread.memory
        })
        if (mailboxes !== undefined) thread.post({ _tag: "PeerReady", peer, incarnation: peerIncarnation, mailboxes })
      }
      for (const [peer, why] of gone) thread.post({ _tag: "PeerGone", peer, why })
      members.set(name, { incarnation, thread, mailboxes: undefined })
    },
    /** A thread takes messages. */
    open(name: string, mailboxes: Mailboxes): void {
      const member = members.get(name)
      if (member === undefined) return
      member.mailboxes = mailboxes
      main.ready(name, member.incarnation, mailboxes)
      tell({ _tag: "PeerReady", peer: name, incarnation: member.incarnation, mailboxes }, name)
    },
    /** A thread is asked to stop. */
    stopping(name: string, comesBack: boolean): void {
      main.stopping(name, comesBack)
      tell({ _tag: "PeerStopping", peer: name, comesBack }, name)
    },
    /** A thread is dead, or taken for dead. */
    lost(name: string, incarnation: number, cause: ExitCause.ExitCause): void {
      if (members.get(name)?.incarnation !== incarnation) return
      members.delete(name)
      main.lost(name, incarnation, cause)
      tell({ _tag: "PeerLost", peer: name, incarnation, cause }, name)
    },
    /** A thread is proven dead. Says what was told and can neither be delivered nor reported by anybody else. */
    ended: lossesOf,
    /** A thread won't come back by itself. */
    gone(name: string, why: string): void {
      gone.set(name, why)
      main.gone(name, why)
      tell({ _tag: "PeerGone", peer: name, why }, name)
    },
    /** A thread will come (back). */
    expected(name: string): void {
      gone.delete(name)
      main.expected(name)
      tell({ _tag: "PeerExpected", peer: name }, name)
    }
  }
}
