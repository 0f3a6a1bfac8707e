/**
 * One of several instances, as the group of them uses its outbox: the messages wait in the group, and this only posts them.
 */
import type * as ActorError from "../ActorError.ts"
import type { Availability } from "./availability.ts"
import type { Instance } from "./balancer.ts"
import { defaultMailbox, type MailboxOptions } from "./mailboxOptions.ts"
import type { Outgoing } from "./outgoing.ts"
import type { Waiting } from "./overdue.ts"
import type { Route } from "./route.ts"
import type { Settling } from "./settling.ts"

/** To an actor that is being built a message goes only if no other instance has a place. */
const restingLoad = 2 ** 31

const nothingWaits: Waiting = { some: false, back: [] }

/** What an outbox lets its group do. */
export class Member implements Instance {
  private readonly thread: Availability
  private readonly routes: ReadonlyArray<Route>
  private readonly settling: Settling

  constructor(thread: Availability, routes: ReadonlyArray<Route>, settling: Settling) {
    this.thread = thread
    this.routes = routes
    this.settling = settling
  }

  /** Posts a message if the instance is open and has a free place. */
  trySend(message: Outgoing): boolean {
    const route = this.routes[message.actor]
    return route !== undefined && route.trySend(message)
  }

  /** How many places of an actor are taken; infinite if none is free, or the instance takes no messages now. */
  load(actor: number): number {
    const block = this.thread.up?.block
    if (block === undefined) return Infinity
    const depth = block.depth(actor)
    if (depth >= block.places(actor)) return Infinity
    return block.isResting(actor) ? depth + restingLoad : depth
  }

  /** `up`: takes messages. `away`: will take them (again). Else the reason why it won't. */
  status(): "up" | "away" | ActorError.Reason {
    return this.thread.hopeless() ?? (this.thread.up === undefined ? "away" : "up")
  }

  /** How the actor has announced its mailbox. */
  mailbox(actor: number): MailboxOptions {
    return this.routes[actor]?.mailbox ?? defaultMailbox
  }

  /** Notes there whether messages wait for a place. True if that is news. */
  waitForPlace(actor: number, waits: boolean): boolean {
    return this.routes[actor]?.waitForPlace(waits) ?? false
  }

  /** Takes back what waits at the instance, if one of the messages was posted before a turn: no sender gives it more then, for now. */
  recall(actor: number, before: number): Waiting {
    const { inFlight } = this.thread
    if (inFlight === undefined) return nothingWaits
    // What can't be cloned shows when it is posted, and that must not be after it is taken back.
    inFlight.flush()
    const waiting = inFlight.unstarted(actor)
    if (!waiting.some(({ turn }) => turn < before)) return { some: waiting.length > 0, back: [] }
    const places = inFlight.block.shut(actor)
    const back = inFlight.recall(waiting, this.settling.waiting)
    // What is taken back opens the instance when it has left. If all have started, nothing would.
    if (back.length === 0) inFlight.block.unshut(actor, places)
    return { some: false, back }
  }

  /** Settles a message that was not delivered. */
  undelivered(message: Outgoing, reason: ActorError.Reason): void {
    this.settling.undelivered(message, reason)
  }

  /** The sender of a message need not wait any longer. */
  accept(message: Outgoing): void {
    this.settling.accept(message)
  }
}
