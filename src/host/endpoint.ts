/**
 * The endpoint of a thread that hosts actors: its links, with the mailboxes and the back-pressure of this level.
 */
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
}

/** Makes an endpoint whose only link is the one to its own thread. */
export const make = (options: ConstructorParameters<typeof Endpoint>[0]): Endpoint => new Endpoint(options)
