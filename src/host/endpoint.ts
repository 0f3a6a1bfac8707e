/**
 * The endpoint of a thread that hosts actors: its links, with the mailboxes and the back-pressure of this level.
 */
import * as endpoint from "../link/endpoint.ts"
import * as backpressure from "./backpressure.ts"
import * as mailbox from "./mailbox.ts"

/** All links of a thread, with its mailboxes. */
export type Endpoint = endpoint.Endpoint<mailbox.Mailbox>

/** `sliceMillis`: how long an actor may start messages in one tick before it yields; default 5. */
export const make = (options: endpoint.Options & { readonly sliceMillis?: number }): Endpoint =>
  new endpoint.Endpoint(options, {
    makeMailbox: (onQueued, setPlaces) => mailbox.make(options.sliceMillis, onQueued, setPlaces),
    makeOnLeft: backpressure.make
  })
