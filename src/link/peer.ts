/**
 * Another thread, as a thread sees it: the outbox for messages to it, and the link to its present incarnation.
 *
 * ```text
 *   no link --- connect ---> linked --- open ---> its actors take messages --- stopping ---> no new messages
 *      ^                       |                          |                                      |
 *      +-------- lost ---------+--------------------------+--------------------------------------+
 * ```
 */
import { MessagePort } from "node:worker_threads"
import type * as ExitCause from "../ExitCause.ts"
import * as ledger from "../shared/ledger.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import type { Answer, Chain, Frame } from "../wire/frame.ts"
import { type ReceivedEnd, type SocketEnd, socketOf, SocketPort } from "../wire/socketPort.ts"
import * as wire from "../wire/transport.ts"
import type { Host } from "./acceptor.ts"
import type { Arrival } from "./delivery.ts"
import { Inbox } from "./inbox.ts"
import { InFlight } from "./inFlight.ts"
import type { MailboxOptions } from "./mailboxOptions.ts"
import type { Outbox } from "./outbox.ts"

/** One end of a link to another incarnation of a thread. */
export interface LinkEnd {
  readonly peer: string
  readonly incarnation: number
  /** Makes this end; `receiver` takes in what arrives. */
  readonly connect: (receiver: wire.Receiver) => wire.Wire
  /** The ledger of what this thread sends, and of what it receives. */
  readonly sends: SharedArrayBuffer
  readonly receives: SharedArrayBuffer
  readonly block: SharedArrayBuffer
}

/** What an end of a link is made of: a port, one of a pair of sockets, or that as a child process has received it. */
export type LinkPort = MessagePort | SocketEnd | ReceivedEnd

const portOf = (port: LinkPort): wire.Port => {
  if (port instanceof MessagePort) return port
  return new SocketPort("socket" in port ? port.socket : socketOf(port), port.bulk)
}

/** The end of a link over a port between two threads. */
export const overPort = (port: LinkPort): LinkEnd["connect"] => (receiver) => wire.overPort(portOf(port), receiver)

/** What this thread does with the messages that a link brings. */
export interface Receiving extends Pick<Arrival, "isInstance" | "onDeadLetter" | "onLeft" | "onLost" | "onSurplus"> {
  readonly hosts: ReadonlyArray<Host>
}

/** A link to one incarnation. */
interface Link {
  readonly incarnation: number
  readonly wire: wire.Wire
  readonly inbox: Inbox
  readonly inFlight: InFlight
}

/**
 * A thread of the system, this one included.
 *
 * **Details**
 * - What the supervisor says of an old incarnation changes nothing: `open` and `lost` compare the incarnation.
 * - `lost` takes in the answers that had arrived before the outbox settles what is left. A thread that is given up may send
 *   something until it is dead, which is another `lost`.
 */
export class Peer {
  /** Outlives every incarnation of the other thread. */
  readonly outbox: Outbox
  private link: Link | undefined
  /** The last link that was lost. */
  private lostLink: Pick<Link, "inbox" | "incarnation"> | undefined

  constructor(outbox: Outbox) {
    this.outbox = outbox
  }

  /** The thread has started, or at least begun to. */
  get isLinked(): boolean {
    return this.link !== undefined
  }

  /** Messages to the thread expect an answer, or elements. */
  get isAwaiting(): boolean {
    return this.link?.inFlight.isAwaiting === true
  }

  /** Opens this thread's end of a link to an incarnation of the other thread. */
  connect(end: LinkEnd, { hosts, ...receiving }: Receiving): void {
    const receiver: wire.Receiver = {
      receive: (frame) => {
        // After its link is gone, an answer must not settle the message that has its slot on the next one.
        if (this.link !== link) return
        if (isAnswer(frame)) this.outbox.receive(frame)
        else link.inbox.receive(frame)
      },
      unsendable: (frame, error) => {
        const detail = `can't be sent to another thread or process (${
          error instanceof Error ? error.message : String(error)
        })`
        if (frame[0] === "ask" || frame[0] === "tell" || frame[0] === "open") {
          this.outbox.unsendable(frame[1], `the payload ${detail}.`)
        } else link.inbox.unsendable(frame, detail)
      }
    }
    const wire = end.connect(receiver)
    const link: Link = {
      incarnation: end.incarnation,
      wire,
      inbox: new Inbox(hosts, {
        ...receiving,
        sender: end.peer,
        ledger: ledger.makeReceiver(end.receives),
        wire,
        pending: [],
        isLost: false
      }),
      inFlight: new InFlight(wire, ledger.makeSender(end.sends), statusBlock.make(end.block))
    }
    this.link = link
  }

  /** The actors of that incarnation take messages. */
  open(incarnation: number, mailboxes: ReadonlyArray<MailboxOptions>): void {
    if (this.link?.incarnation === incarnation) this.outbox.open(this.link.inFlight, mailboxes)
  }

  /** The thread takes no new messages, for good or until it has been started again. */
  stopping(comesBack: boolean): void {
    // What was accepted in this turn is there before the thread is asked to stop.
    this.drain()
    this.outbox.stopping(comesBack)
  }

  /** That incarnation is dead, or as good as dead; then it is lost once more when it is dead. */
  lost(incarnation: number, cause: ExitCause.ExitCause): void {
    // What it has told meanwhile has not arrived.
    if (this.lostLink?.incarnation === incarnation) return this.lostLink.inbox.reportLost()
    if (this.link?.incarnation !== incarnation) return
    const { inbox, wire } = this.link
    wire.drain()
    this.outbox.lost(cause)
    wire.close()
    inbox.lost()
    this.lostLink = { incarnation, inbox }
    this.link = undefined
  }

  /** Senders on that thread may go on: the mailbox of an actor of this thread has room. */
  resume(actor: number): void {
    this.link?.wire.post(["resume", actor])
  }

  /** Callers on that thread wait in a circle of actors. */
  tellCircle(asked: Chain, circle: Chain): void {
    this.link?.inbox.tellCircle(asked, circle)
  }

  /** Takes in what has arrived, and posts what waits. */
  drain(): void {
    this.link?.wire.drain()
  }

  /** Posts what waits for the end of the turn, and takes nothing in. */
  flush(): void {
    this.link?.wire.flush()
  }

  /** Closes the link. */
  close(): void {
    this.link?.wire.close()
  }
}

const isAnswer = (frame: Frame): frame is Answer => frame[0] === "done" || frame[0] === "chunk" || isNews(frame)

/** What a receiver says of its mailboxes, and of circles. */
const isNews = ([kind]: Frame): boolean =>
  kind === "resume" || kind === "circle" || kind === "hold" || kind === "release"
