/**
 * The endpoint of a thread that hosts actors: its links, with the mailboxes and the back-pressure of this level.
 */
import type { PeerMessage } from "../control/protocol.ts"
import * as endpoint from "../link/endpoint.ts"
import * as backpressure from "./backpressure.ts"
import type { Key } from "./key.ts"
import { KeyedMailbox } from "./keyedMailbox.ts"
import * as mailbox from "./mailbox.ts"
import type { Retirement } from "./retirement.ts"

/** The mailbox of an actor, or of one that is keyed. */
export type AnyMailbox = mailbox.Mailbox | KeyedMailbox<Key>

/** All links of a thread, with its mailboxes. */
export class Endpoint extends endpoint.Endpoint<AnyMailbox> {
  /** How the thread retires, if it is replaced some day. */
  readonly retirement: Retirement | undefined

  /** `sliceMillis`: how long an actor may start messages in one tick before it yields; default 5. */
  constructor(
    options: endpoint.Options & { readonly sliceMillis?: number; readonly retirement?: Retirement | undefined }
  ) {
    const { retirement, sliceMillis } = options
    super(options, {
      makeMailbox: (onQueued, setPlaces) => mailbox.make(sliceMillis, onQueued, setPlaces, retirement),
      makeKeyedMailbox: (onQueued) => new KeyedMailbox<Key>(sliceMillis, onQueued, retirement),
      makeOnLeft: backpressure.make
    })
    this.retirement = retirement
  }

  /** Passes on to the links what becomes of another thread. */
  heed(message: PeerMessage): void {
    switch (message._tag) {
      case "PeerReady":
        return this.ready(message.peer, message.incarnation, message.mailboxes)
      case "PeerStopping":
        return this.stopping(message.peer, message.comesBack)
      case "PeerLost":
        return this.lost(message.peer, message.incarnation, message.cause)
      case "PeerGone":
        return this.gone(message.peer, message.why)
      case "PeerExpected":
        return this.expected(message.peer)
    }
  }
}

/** Makes an endpoint whose only link is the one to its own thread. */
export const make = (options: ConstructorParameters<typeof Endpoint>[0]): Endpoint => new Endpoint(options)
