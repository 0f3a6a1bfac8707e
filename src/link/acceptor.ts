/**
 * What a link needs to know of a mailbox: how it takes deliveries. The mailbox itself is its host's.
 */
import type * as ActorError from "../ActorError.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { ProtocolCodec } from "../wire/codec.ts"
import type { Delivery } from "./delivery.ts"
import type { MailboxOptions } from "./mailboxOptions.ts"

/** Accepts the deliveries of one actor. */
export interface Acceptor {
  offer(delivery: Delivery): void
  /** The sender has withdrawn a message that was waiting. */
  remove(delivery: Delivery): void
  /** Rejects waiting messages that this thread's own actors have sent. */
  rejectLocal(reason: ActorError.Reason): void
  /** The options that senders have to know. */
  announced(): MailboxOptions
  /** Of an instance: how many messages it takes at a time. */
  places(): number
  /** Of an instance: with how many messages left it lets its senders go on. */
  lowWater(): number
}

/** An actor of this thread, as its links see it. */
export interface Host<out Mailbox extends Acceptor = Acceptor> {
  readonly name: string
  readonly protocol: ProtocolCodec
  readonly mailbox: Mailbox
  /** It has a lane for each key. */
  readonly isKeyed: boolean
}

/** Makes the mailboxes of a thread, and resumes the senders that wait for them. */
export interface Hosting<out Mailbox extends Acceptor> {
  /**
   * `onQueued` is called for each message that has to wait. `setPlaces` is for an instance, whose senders have to know how many
   * messages it takes at a time.
   */
  readonly makeMailbox: (onQueued: () => void, setPlaces: ((places: number) => void) | undefined) => Mailbox
  /** Makes the mailbox of a keyed actor. */
  readonly makeKeyedMailbox: (onQueued: () => void) => Mailbox
  /** What is called when a message has left the mailbox of an actor. */
  readonly makeOnLeft: (options: {
    readonly block: StatusBlock
    /** How many messages a mailbox takes, as its senders know it. */
    readonly capacity: (actor: number) => number
    /** With how many messages left it lets its senders go on. */
    readonly lowWater: (actor: number) => number
    /** Senders may go on. */
    readonly resume: (actor: number) => void
  }) => (actor: number) => void
}
