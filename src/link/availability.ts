/**
 * What another thread is at the moment, as far as messages to it are concerned.
 *
 * ```text
 *   absent --- opened ---> up --- stopping ---> leaving, for good or to come back
 *    ^  ^                   |                      |
 *    |  +------ lost -------+----------------------+
 *    +--------- expected ------ gone, with the reason why it won't come back
 * ```
 */
import * as ActorError from "../ActorError.ts"
import type { InFlight } from "./inFlight.ts"

/** The other thread of an outbox. Its routes look here before each message. */
export class Availability {
  /** What was posted to the incarnation that is ready, or is stopping. */
  inFlight: InFlight | undefined
  /** It is one of several instances, in front of which the messages wait. */
  isInstance = false
  private leaving: "no" | "for good" | "to come back" = "no"
  private goneFor: ActorError.Reason | undefined
  private opened = false

  /** Where messages are posted now; undefined if they have to wait. */
  get up(): InFlight | undefined {
    return this.leaving === "no" ? this.inFlight : undefined
  }

  /** An incarnation has been ready, now or before. */
  get hasOpened(): boolean {
    return this.opened
  }

  /** Why the thread takes no messages and won't take any later. */
  hopeless(): ActorError.Reason | undefined {
    if (this.goneFor !== undefined) return this.goneFor
    return this.leaving === "for good" ? new ActorError.Stopping() : undefined
  }

  /** An incarnation is ready. */
  open(inFlight: InFlight): void {
    this.inFlight = inFlight
    this.goneFor = undefined
    this.opened = true
  }

  /** The incarnation takes no new messages. */
  stop(comesBack: boolean): void {
    this.leaving = comesBack ? "to come back" : "for good"
  }

  /** The incarnation is dead. */
  lose(): void {
    this.inFlight = undefined
    this.goneFor = undefined
    this.leaving = "no"
  }

  /** The thread won't come back. */
  leave(reason: ActorError.Reason): void {
    this.inFlight = undefined
    this.goneFor = reason
  }

  /** The thread is about to start (again). */
  expect(): void {
    this.goneFor = undefined
  }
}
