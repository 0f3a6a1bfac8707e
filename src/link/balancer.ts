/**
 * Finds the instance for a message: the one with the fewest messages, of those that have a free place.
 */
import type * as ActorError from "../ActorError.ts"
import type { MailboxOptions } from "./mailboxOptions.ts"
import type { Outgoing } from "./outgoing.ts"
import type { Watched } from "./overdue.ts"

/** The outbox to one instance, as far as a group needs it. */
export interface Instance extends Watched {
  /** Posts a message if the instance is open and has a free place. */
  trySend(message: Outgoing): boolean
  /** How many places of an actor are taken; infinite if none is free, or the instance takes no messages now. */
  load(actor: number): number
  /** `up`: takes messages. `away`: will take them (again). Else the reason why it won't. */
  status(): "up" | "away" | ActorError.Reason
  /** How the mailbox of an actor is declared. */
  mailbox(actor: number): MailboxOptions
  /** Notes on the instance's status block whether this sender has messages that wait for a place. True if that is news there. */
  waitForPlace(actor: number, waits: boolean): boolean
  /** Settles a message that was not delivered. */
  undelivered(message: Outgoing, reason: ActorError.Reason): void
  /** The message has a place in this sender's queue. */
  accept(message: Outgoing): void
}

/** The instances of one actor. */
export class Balancer {
  private readonly actor: number
  private readonly instances: ReadonlyArray<Instance>
  /** Where the search for the least busy instance begins, so that equally busy ones take turns. */
  private next = 0

  constructor(actor: number, instances: ReadonlyArray<Instance>) {
    this.actor = actor
    this.instances = instances
  }

  /** Gives a message to the least busy instance that has a free place. */
  give(message: Outgoing): boolean {
    const { instances } = this
    let tried: Set<Instance> | undefined
    for (let best = this.leastBusy(tried); best !== undefined; best = this.leastBusy(tried)) {
      if (best.trySend(message)) {
        message.instance = instances.indexOf(best)
        this.next = (message.instance + 1) % instances.length
        return true
      }
      tried = (tried ?? new Set()).add(best)
    }
    return false
  }

  /** Why no instance will ever take a message; undefined while one may. */
  hopeless(): ActorError.Reason | undefined {
    let reason: ActorError.Reason | undefined
    for (const instance of this.instances) {
      const status = instance.status()
      if (status === "up" || status === "away") return undefined
      reason ??= status
    }
    return reason
  }

  /** Notes at all instances whether messages wait for a place. True if that is news to one. */
  waitForPlace(waits: boolean): boolean {
    let news = false
    for (const instance of this.instances) news = instance.waitForPlace(this.actor, waits) || news
    return news
  }

  /** One without any message is as good as it gets. */
  private leastBusy(tried: ReadonlySet<Instance> | undefined): Instance | undefined {
    const { actor, instances, next } = this
    let best: Instance | undefined
    let least = Infinity
    for (let step = 0; step < instances.length && least > 0; step++) {
      const instance = instances[(next + step) % instances.length]
      if (instance === undefined || tried?.has(instance)) continue
      const load = instance.load(actor)
      if (load >= least) continue
      best = instance
      least = load
    }
    return best
  }
}
