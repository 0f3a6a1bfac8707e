/**
 * What becomes of a message for a key, or a mailbox, that has too many already.
 */
import * as ActorError from "../ActorError.ts"
import type { Delivery } from "../link/delivery.ts"
import type { MailboxOptions } from "../link/mailboxOptions.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import type { Lane, Lanes } from "./lanes.ts"

/** The options of a mailbox with lanes. */
export interface LaneOptions extends MailboxOptions {
  /** How many messages of a key are handled at a time. */
  readonly concurrency: number
  /** How many messages of a key wait. */
  readonly perKey: number
}

/** Makes room for a message that has to wait, by dropping the oldest one, or rejects it: then it returns false. */
export const admit = <Holder>(
  lanes: Lanes<Delivery, Holder>,
  lane: Lane<Delivery, Holder>,
  delivery: Delivery,
  { capacity, overflow, perKey }: LaneOptions
): boolean => {
  const isLong = lane.size >= perKey
  if (overflow === "fail" && isLong) {
    delivery.reject(new ActorError.MailboxFull({ capacity: perKey }))
    lanes.drop(lane)
    return false
  }
  if (overflow !== "drop-oldest") return true
  if (isLong) dropOldest(lanes, lane, perKey)
  else if (lanes.size >= capacity) dropOldest(lanes, lane.size > 0 ? lane : first(lanes.waiting), capacity)
  return true
}

/** Drops the message of a lane that has waited longest. */
const dropOldest = <Holder>(
  lanes: Lanes<Delivery, Holder>,
  lane: Lane<Delivery, Holder> | undefined,
  capacity: number
): void => {
  if (lane === undefined) return
  // What stops or wakes a key is no message that a newer one makes superfluous.
  const [oldest] = lanes.sift(lane, ({ message }) => keyMessages.isKeyMessage(message), 1)
  oldest?.reject(new ActorError.MailboxFull({ capacity }))
}

const first = <A>(all: Iterable<A>): A | undefined => {
  for (const one of all) return one
  return undefined
}
