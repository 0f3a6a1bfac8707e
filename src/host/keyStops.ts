/**
 * Stops keys on request: after the messages that were sent before, or after a while without them.
 */
import * as Effect from "effect/Effect"
import * as ActorError from "../ActorError.ts"
import type { Delivery } from "../link/delivery.ts"
import type { Key } from "./key.ts"
import type { Endings } from "./keyEndings.ts"
import type { Given } from "./keyGiven.ts"
import type { Keeping } from "./keyKeeping.ts"
import type { KeyLane } from "./laneStarter.ts"

/** What follows a stop. */
export interface After {
  /** Messages wait for a key that is not open. */
  readonly want: (lane: KeyLane<Key>) => void
  /** The keys have ended: what waits is for the next incarnation. */
  readonly isClosed: () => boolean
  /** A key waits for room no more. */
  readonly forget: (key: Key) => void
}

/** The stops of one incarnation's keys. */
export class Stops {
  private readonly given: Given
  private readonly endings: Endings
  private readonly keeping: Keeping
  private readonly after: After

  constructor(given: Given, endings: Endings, keeping: Keeping, after: After) {
    this.given = given
    this.endings = endings
    this.keeping = keeping
    this.after = after
  }

  /** A stop waits behind other messages, which have half of the time in which an actor has to close. */
  asked(lane: KeyLane<Key>, stop: Delivery): void {
    const { context, host, mailbox } = this.given
    const late = Effect.sync(() => {
      if (this.after.isClosed() || !stop.isWaiting()) return
      const { holder } = lane
      mailbox.rejectUntil(lane, new ActorError.Stopping(), (delivery) => delivery === stop)
      if (holder?.state !== "open" && holder?.state !== "opening") return this.after.want(lane)
      mailbox.shift(lane)
      if (stop.begin()) this.stop(holder, stop)
    })
    Effect.runForkWith(context)(Effect.andThen(Effect.sleep(host.closeMillis / 2), late))
  }

  /** Closes a key for good, and answers. */
  stop(key: Key, stop: Delivery): void {
    this.endings.stop(key, (cause) =>
      stop.end(
        cause === undefined
          ? { _tag: "Success", value: undefined }
          : { _tag: "Failed", reason: new ActorError.Crashed({ handled: "maybe", cause }) }
      ))
  }

  /** Answers the stop that is the first message of a key that is not awake. */
  absent(lane: KeyLane<Key>): void {
    const stop = this.given.mailbox.shift(lane)
    const { holder } = lane
    this.keeping.forget(lane.key)
    if (holder !== undefined) {
      holder.fiber?.interruptUnsafe()
      this.after.forget(holder)
      this.endings.resting.delete(holder)
      lane.holder = undefined
    }
    if (stop?.begin() === true) stop.end({ _tag: "Success", value: undefined })
  }
}
