/**
 * The options of a mailbox that its senders have to know.
 */

/** How many messages a mailbox holds, and what happens when it is full. */
export interface MailboxOptions {
  readonly capacity: number
  readonly overflow: "suspend" | "fail" | "drop-oldest"
}

/** The options of a mailbox whose actor has not announced its own. */
export const defaultMailbox: MailboxOptions = { capacity: 1000, overflow: "suspend" }
