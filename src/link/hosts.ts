/**
 * The actors of this thread, as its links see them, and the senders that wait for their mailboxes.
 */
import * as statusBlock from "../shared/statusBlock.ts"
import * as codec from "../wire/codec.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import type { Acceptor, Host, Hosting } from "./acceptor.ts"
import { defaultMailbox, type MailboxOptions } from "./mailboxOptions.ts"
import { keysOf, type Place } from "./place.ts"

/** The actors of a thread, and what their links need to know. */
export interface Options {
  /** The actors of this thread. */
  readonly actors: Place["actors"]
  /** The thread is one of several instances, whose senders have to know how many messages it takes at a time. */
  readonly isInstance: boolean
  /** The status block of this thread. */
  readonly block: SharedArrayBuffer
  /** A message has to wait in a mailbox. */
  readonly onQueued: () => void
  /** Senders may go on: the mailbox of an actor has room. */
  readonly resume: (actor: number) => void
}

/**
 * All actors of one thread.
 *
 * **Details**
 * - Mailboxes exist before their actors are built: messages that arrive early wait there.
 * - `onLeft` resumes senders at half of the capacity that was announced; at an instance, at its own low-water mark.
 * - A sender shuts an instance that does not get to its messages, and takes back some of them. When those have left, at the latest,
 *   the instance opens again.
 */
export class Hosts<Mailbox extends Acceptor> {
  readonly all: ReadonlyArray<Host<Mailbox>>
  readonly block: statusBlock.StatusBlock
  readonly isInstance: boolean
  /** Called when a message has left the mailbox of an actor. */
  readonly onLeft: (actor: number) => void
  /** The mailboxes as all senders know them. */
  private announced: ReadonlyArray<MailboxOptions> = []
  /** How many messages each actor takes at a time, as an instance has announced it. */
  private readonly places: Array<number> = []
  private readonly resume: (actor: number) => void

  constructor(options: Options, hosting: Hosting<Mailbox>) {
    const { actors, isInstance } = options
    const block = statusBlock.make(options.block)
    this.block = block
    this.isInstance = isInstance
    this.all = actors.map((actor, index) => {
      const protocol: codec.ProtocolCodec = "protocol" in actor ? codec.make(actor.protocol.requests) : new Map()
      if (keysOf(actor) !== undefined) {
        const mailbox = hosting.makeKeyedMailbox(options.onQueued)
        return { name: actor.actorName, isKeyed: true, protocol: keyMessages.withThem(protocol), mailbox }
      }
      const setPlaces = isInstance ? (places: number): void => this.setPlaces(index, places) : undefined
      return {
        name: actor.actorName,
        isKeyed: false,
        protocol,
        mailbox: hosting.makeMailbox(options.onQueued, setPlaces)
      }
    })
    this.resume = options.resume
    const onLeft = hosting.makeOnLeft({
      block,
      capacity: (actor) => this.capacity(actor),
      lowWater: (actor) => this.lowWater(actor),
      resume: options.resume
    })
    this.onLeft = isInstance ? (actor) => this.leave(actor, onLeft) : onLeft
  }

  /** All actors are built: announces their mailboxes. */
  announce(): ReadonlyArray<MailboxOptions> {
    return this.announced = this.all.map(({ mailbox }) => mailbox.announced())
  }

  /** A message has left the mailbox of an instance, which therefore moves, if a sender thought that it does not. */
  private leave(actor: number, onLeft: (actor: number) => void): void {
    onLeft(actor)
    if (this.block.isShut(actor)) this.setPlaces(actor, this.places[actor] ?? 0)
  }

  /** Announces how many messages an instance takes. Senders that found it shut look again. */
  private setPlaces(actor: number, places: number): void {
    this.places[actor] = places
    if (this.block.setPlaces(actor, places) && this.block.waiters(actor) > 0) this.resume(actor)
  }

  /** Its messages may go to any of several instances; those of a key go to one. */
  private isShared(actor: number): boolean {
    return this.isInstance && this.all[actor]?.isKeyed !== true
  }

  /** How many messages a mailbox takes, as its senders know it. */
  private capacity(actor: number): number {
    return this.isShared(actor)
      ? this.all[actor]?.mailbox.places() ?? 0
      : (this.announced[actor] ?? defaultMailbox).capacity
  }

  /** With how many messages left a mailbox lets its senders go on. */
  private lowWater(actor: number): number {
    return this.isShared(actor) ? this.all[actor]?.mailbox.lowWater() ?? 0 : Math.floor(this.capacity(actor) / 2)
  }
}
