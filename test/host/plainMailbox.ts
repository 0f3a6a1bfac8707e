/** The mailbox of an actor that is not keyed. */
import type { AnyMailbox } from "../../src/host/endpoint.ts"
import { KeyedMailbox } from "../../src/host/keyedMailbox.ts"
import type { Mailbox } from "../../src/host/mailbox.ts"

export const plain = (mailbox: AnyMailbox | undefined): Mailbox => {
  if (mailbox === undefined || mailbox instanceof KeyedMailbox) throw new Error("it is no plain mailbox")
  return mailbox
}
