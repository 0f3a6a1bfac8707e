/**
 * The outboxes to all instances of an actor, as one. A message waits here until an instance has a free place for it. It comes
 * back here if its instance dies before the message has started, or does not get to it.
 *
 * ```text
 *   send --> queue (in order) --- a place is free ---> the instance with the fewest messages
 *              ^                                         |
 *              +------------- never started -------------+
 * ```
 *
 * Nothing dispatches centrally: the status block of an instance counts the places that are taken, so every sender sees and takes
 * free ones by itself. A place is free again when its message is done.
 */
import * as ActorError from "../ActorError.ts"
import { Queue } from "../loop/queue.ts"
import { atEndOfTurn } from "../loop/tick.ts"
import type { After } from "../loop/timeouts.ts"
import { Balancer, type Instance } from "./balancer.ts"
import type { Outgoing } from "./outgoing.ts"
import { Overdue } from "./overdue.ts"
import { admit } from "./route.ts"

/** What an outbox reports to the group that its thread is an instance of. */
export interface GroupOf {
  /** A place may be free, or the instance has come or gone. */
  onChange(): void
  /** A place of an actor may be free. */
  onPlace(actor: number): void
  /** These messages had not started when the instance died. */
  onReturned(actor: number, messages: ReadonlyArray<Outgoing>): void
}

/** The queue in front of all instances of one actor. */
export class Instances {
  private readonly actor: number
  private readonly first: Instance | undefined
  private readonly balancer: Balancer
  private readonly overdue: Overdue
  private readonly queue = new Queue<Outgoing>()
  private pumping = false
  /** Whether the instances know that messages wait here. */
  private waits = false
  /** How many messages at the front of the queue are accepted. */
  private accepted = 0
  private filling = false
  private readonly onQueued: () => void

  /**
   * `actor` is the actor's position on each instance: all host the same actors, in the same order. `onQueued` is called for each
   * ask that has to wait.
   */
  constructor(actor: number, instances: ReadonlyArray<Instance>, after: After, onQueued = (): void => {}) {
    this.onQueued = onQueued
    this.actor = actor
    this.first = instances[0]
    this.balancer = new Balancer(actor, instances)
    this.overdue = new Overdue(actor, instances, after, (messages) => this.onReturned(messages))
  }

  /** Sends a message, or settles it at once if it can't be sent. */
  send(message: Outgoing): void {
    const { first, queue } = this
    if (first === undefined) return
    const reason = this.balancer.hopeless()
    if (reason !== undefined) return first.undelivered(message, reason)
    if (queue.size === 0 && this.give(message)) return
    const { capacity, overflow } = first.mailbox(this.actor)
    const admission = admit(overflow, queue.size, capacity)
    if (admission === "reject") return first.undelivered(message, new ActorError.MailboxFull({ capacity }))
    if (admission === "push out") {
      const oldest = queue.shift()
      this.accepted = Math.max(0, this.accepted - 1)
      if (oldest !== undefined) first.undelivered(oldest, new ActorError.MailboxFull({ capacity }))
    }
    queue.push(message)
    if (message.kind === "ask") this.onQueued()
    // Instances that know of waiting messages report each place, so there is no need to look for one.
    if (!this.waits) this.pump()
    else if (!this.pumping) this.acceptFront()
  }

  /** Sends a message only if nothing is in its way. */
  trySend(message: Outgoing): boolean {
    return this.queue.size === 0 && this.give(message)
  }

  /** Takes out a message that its sender has withdrawn. */
  remove(message: Outgoing): void {
    this.queue.keep((other) => other !== message)
    this.accepted = 0
    this.pump()
  }

  /** A place may be free. All messages that have left in one tick are followed by others at its end. */
  onPlace(): void {
    if (!this.waits || this.filling) return
    this.filling = true
    atEndOfTurn(this.fill)
  }

  /** A place may be free, or an instance has come or gone. */
  onChange(): void {
    const reason = this.balancer.hopeless()
    if (reason === undefined) this.pump()
    else this.settleAll(reason)
  }

  /** Messages that have not started come back from an instance: they go before all others. */
  onReturned(messages: ReadonlyArray<Outgoing>): void {
    const rest = this.queue.clear()
    this.accepted = 0
    for (const message of [...messages, ...rest]) this.queue.push(message)
    if (this.queue.size > 0) this.onQueued()
    this.onChange()
  }

  /** This thread ends: what waits is settled now, because nobody will send it. */
  dismiss(reason: ActorError.Reason): void {
    this.overdue.stop()
    this.settleAll(reason)
  }

  /** How many messages wait for a place. */
  waiting(): number {
    return this.queue.size
  }

  /** The asks that wait for a place. */
  asks(): ReadonlyArray<Outgoing> {
    return this.queue.toArray().filter(({ cancelled, kind }) => kind === "ask" && !cancelled)
  }

  private give(message: Outgoing): boolean {
    if (!this.balancer.give(message)) return false
    this.overdue.watch()
    return true
  }

  private readonly fill = (): void => {
    this.filling = false
    this.pump()
  }

  private pump(): void {
    // A sender that is accepted goes on at once and may send again: behind the messages that wait already.
    if (this.pumping) return
    const { queue } = this
    this.pumping = true
    for (let next = queue.peek(); next !== undefined && (next.cancelled || this.give(next)); next = queue.peek()) {
      queue.shift()
      this.accepted = Math.max(0, this.accepted - 1)
    }
    this.acceptFront()
    this.announce()
  }

  /** Tells the instances whether messages wait, if that is news. */
  private announce(): void {
    const waited = this.waits
    this.waits = this.queue.size > 0
    if (!this.waits && !waited) return
    const news = this.balancer.waitForPlace(this.waits)
    // A place may have become free before its instance could see that a message waits.
    if (this.waits && news) this.pump()
  }

  /** Accepts the messages that are within the capacity of the mailbox now. */
  private acceptFront(): void {
    const { actor, first, queue } = this
    this.pumping = true
    const capacity = first?.mailbox(actor).capacity ?? 0
    for (; this.accepted < Math.min(capacity, queue.size); this.accepted++) {
      const message = queue.at(this.accepted)
      if (message !== undefined) first?.accept(message)
    }
    this.pumping = false
  }

  private settleAll(reason: ActorError.Reason): void {
    const all = this.queue.clear()
    this.accepted = 0
    for (const message of all) this.first?.undelivered(message, reason)
    this.pump()
  }
}
