/**
 * The outboxes to all instances of an actor, as one. A message waits here until an instance has a free place for it. It comes
 * back here if its instance dies before the message has started.
 *
 * ```text
 *   send --> queue (in order) --- a place is free ---> the instance with the fewest messages
 *              ^                                         |
 *              +------------- it dies, never started ----+
 * ```
 *
 * Nothing dispatches centrally: the status block of an instance counts the places that are taken, so every sender sees and takes
 * free ones by itself. A place is free again when its message is done.
 */
import * as ActorError from "../ActorError.ts"
import { Queue } from "../loop/queue.ts"
import { atEndOfTurn } from "../loop/tick.ts"
import type { MailboxOptions } from "./mailboxOptions.ts"
import type { Outgoing } from "./outgoing.ts"
import { admit } from "./route.ts"

/** The outbox to one instance, as far as a group needs it. */
export interface Instance {
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
export type Group = ReturnType<typeof make>

/** `actor` is the actor's position on each instance: all host the same actors, in the same order. */
export const make = (actor: number, instances: ReadonlyArray<Instance>) => {
  const queue = new Queue<Outgoing>()
  let pumping = false
  /** Whether the instances know that messages wait here. */
  let waits = false
  /** How many messages at the front of the queue are accepted. */
  let accepted = 0
  /** Where the search for the least busy instance begins, so that equally busy ones take turns. */
  let next = 0

  let filling = false

  /** The instance with the fewest messages, of those that have a free place; one without any message is as good as it gets. */
  const leastBusy = (tried: ReadonlySet<Instance> | undefined): Instance | undefined => {
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

  /** Gives a message to the least busy instance that has a free place. */
  const give = (message: Outgoing): boolean => {
    let tried: Set<Instance> | undefined
    for (let best = leastBusy(tried); best !== undefined; best = leastBusy(tried)) {
      if (best.trySend(message)) {
        message.instance = instances.indexOf(best)
        next = (message.instance + 1) % instances.length
        return true
      }
      tried = (tried ?? new Set()).add(best)
    }
    return false
  }

  /** Accepts the messages that are within the capacity of the mailbox now. */
  const acceptFront = (): void => {
    const [first] = instances
    pumping = true
    const capacity = first?.mailbox(actor).capacity ?? 0
    for (; accepted < Math.min(capacity, queue.size); accepted++) {
      const message = queue.at(accepted)
      if (message !== undefined) first?.accept(message)
    }
    pumping = false
  }

  const pump = (): void => {
    // A sender that is accepted goes on at once and may send again: behind the messages that wait already.
    if (pumping) return
    pumping = true
    for (let first = queue.peek(); first !== undefined && (first.cancelled || give(first)); first = queue.peek()) {
      queue.shift()
      accepted = Math.max(0, accepted - 1)
    }
    acceptFront()
    const waited = waits
    waits = queue.size > 0
    if (!waits && !waited) return
    let news = false
    for (const instance of instances) news = instance.waitForPlace(actor, waits) || news
    // A place may have become free before its instance could see that a message waits.
    if (waits && news) pump()
  }

  const fill = (): void => {
    filling = false
    pump()
  }

  /** Why no instance will ever take a message; undefined while one may. */
  const hopeless = (): ActorError.Reason | undefined => {
    let reason: ActorError.Reason | undefined
    for (const instance of instances) {
      const status = instance.status()
      if (status === "up" || status === "away") return undefined
      reason ??= status
    }
    return reason
  }

  const settleAll = (reason: ActorError.Reason): void => {
    const all = queue.clear()
    accepted = 0
    for (const message of all) instances[0]?.undelivered(message, reason)
    pump()
  }

  return {
    /** Sends a message, or settles it at once if it can't be sent. */
    send(message: Outgoing): void {
      const [first] = instances
      if (first === undefined) return
      const reason = hopeless()
      if (reason !== undefined) return first.undelivered(message, reason)
      if (queue.size === 0 && give(message)) return
      const { capacity, overflow } = first.mailbox(actor)
      const admission = admit(overflow, queue.size, capacity)
      if (admission === "reject") return first.undelivered(message, new ActorError.MailboxFull({ capacity }))
      if (admission === "push out") {
        const oldest = queue.shift()
        accepted = Math.max(0, accepted - 1)
        if (oldest !== undefined) first.undelivered(oldest, new ActorError.MailboxFull({ capacity }))
      }
      queue.push(message)
      // Instances that know of waiting messages report each place, so there is no need to look for one.
      if (!waits) pump()
      else if (!pumping) acceptFront()
    },
    /** Sends a message only if nothing is in its way. */
    trySend: (message: Outgoing): boolean => queue.size === 0 && give(message),
    /** Takes out a message that its sender has withdrawn. */
    remove(message: Outgoing): void {
      queue.keep((other) => other !== message)
      accepted = 0
      pump()
    },
    /** A place may be free. All messages that have left in one tick are followed by others at its end. */
    onPlace(): void {
      if (!waits || filling) return
      filling = true
      atEndOfTurn(fill)
    },
    /** A place may be free, or an instance has come or gone. */
    onChange(): void {
      const reason = hopeless()
      if (reason === undefined) pump()
      else settleAll(reason)
    },
    /** Messages that had not started come back from a dead instance: they go before all others. */
    onReturned(messages: ReadonlyArray<Outgoing>): void {
      const rest = queue.clear()
      accepted = 0
      for (const message of [...messages, ...rest]) queue.push(message)
      this.onChange()
    },
    /** This thread ends: what waits is settled now, because nobody will send it. */
    dismiss: settleAll,
    /** The messages that wait for a place. */
    waiting: (): number => queue.size
  }
}
