/**
 * The sending side of a link: every message from this thread to one other thread, from its sending to its settlement.
 *
 * ```text
 *                       mailbox full, or the thread is not ready
 *   send --> queue (in order) <-------------------------------+
 *              | room                                         | never started: again, in order
 *              v                                              |
 *            flight (posted, holds a slot) --- thread dies ---+--- had started: Crashed, or a dead letter
 *              | done
 *              v
 *            settled, once
 * ```
 *
 * The outbox lives as long as its thread and outlives every incarnation of the other one.
 */
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import { Queue } from "../loop/queue.ts"
import type { SenderLedger } from "../shared/ledger.ts"
import type { ActorState, StatusBlock } from "../shared/statusBlock.ts"
import type { Answer, Chain } from "../wire/frame.ts"
import type { Wire } from "../wire/transport.ts"
import { defaultMailbox, type MailboxOptions } from "./mailboxOptions.ts"
import { type Outgoing, type Settlement, WaitingList } from "./outgoing.ts"

/** A message that nobody waits for was not handled, or not to its end. */
export type OnDeadLetter = (
  letter: { readonly actor: number; readonly tag: string; readonly reason: ActorError.Reason }
) => void

/** What the other thread is at the moment, as far as messages are concerned. */
export type Availability =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Open"; readonly wire: Wire; readonly ledger: SenderLedger; readonly block: StatusBlock }
  | { readonly _tag: "Gone"; readonly reason: ActorError.Reason }

/** The outbox to one instance, as far as a group needs it. */
export interface Instance {
  /** Posts a message if the instance is open and has a free place. */
  trySend(message: Outgoing): boolean
  /** How many places of an actor are taken. */
  depth(actor: number): number
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
  /** These messages had not started when the instance died. */
  onReturned(actor: number, messages: ReadonlyArray<Outgoing>): void
}

interface Route {
  mailbox: MailboxOptions
  /** The messages that wait to be posted, in order. */
  queue: WaitingList
  pumping: boolean
  /** This route is counted among the waiters on the other thread's status block. */
  waiting: boolean
}

/** Tells between two looks for slots that are free again. */
const reclaimEvery = 128

const resting: ReadonlySet<ActorState> = new Set(["starting", "restarting"])

export type Outbox = ReturnType<typeof make>

export const make = (options: {
  /** How many actors the other thread hosts. */
  readonly actors: number
  /** The other thread is this one. */
  readonly local: boolean
  readonly onDeadLetter: OnDeadLetter
  /** An ask has turned out to wait in a circle: so do all that wait for its sender. */
  readonly onCircle?: (chain: Chain, circle: Chain) => void
  /** A message has to wait here. */
  readonly onQueued?: () => void
  /** How many tells were accepted and wait here, by actor; it outlives this thread. */
  readonly waiting?: Int32Array
}) => {
  const { waiting: waitingTells } = options
  const routes: ReadonlyArray<Route> = Array.from({ length: options.actors }, () => ({
    mailbox: defaultMailbox,
    queue: new WaitingList(),
    pumping: false,
    waiting: false
  }))
  let state: Availability = { _tag: "Absent" }
  /** The thread is on its way down: for good, or to come back. */
  let leaving: "no" | "for good" | "to come back" = "no"
  /** What is in flight, by slot. */
  let flight: Array<Outgoing | undefined> = []
  let turns = 0
  let opened = false
  /** Tells in flight, oldest first; nobody answers them, so their slots are reclaimed by looking. */
  const tells = new Queue<Outgoing>()
  let reclaimAt = reclaimEvery
  /** Every slot was taken when a message was to go out: the next that becomes free may be for any route. */
  let starved = false
  /** The other thread is one of several instances, in front of which the messages wait. */
  let group: GroupOf | undefined

  const settle = (message: Outgoing, settlement: Settlement): void => {
    if (message.cancelled) return
    const { actor, kind, tag } = message
    uncount(message)
    if (kind !== "tell" || !message.accepted) message.onSettled(settlement)
    else if (settlement[0] === "undelivered") options.onDeadLetter({ actor, tag, reason: settlement[1] })
  }

  const undelivered = (message: Outgoing, reason: ActorError.Reason): void => settle(message, ["undelivered", reason])

  const count = (message: Outgoing): void => {
    if (waitingTells === undefined || message.countedIn !== undefined || message.kind !== "tell") return
    message.countedIn = waitingTells
    Atomics.add(waitingTells, message.actor, 1)
  }

  const uncount = (message: Outgoing): void => {
    if (message.countedIn === undefined) return
    Atomics.sub(message.countedIn, message.actor, 1)
    message.countedIn = undefined
  }

  const accept = (message: Outgoing): void => {
    if (message.accepted) return
    message.accepted = true
    message.onAccepted()
  }

  const leaveFlight = (message: Outgoing, ledger: SenderLedger): void => {
    flight[message.slot] = undefined
    ledger.release(message.slot)
  }

  /** Reclaims the slots of the oldest tells, as far as they are finished. */
  const reclaim = (ledger: SenderLedger): void => {
    // Not for each message: to look at what the receiver is writing just then makes both wait.
    for (let next = tells.peek(); next !== undefined && ledger.fate(next.slot) === "finished"; next = tells.peek()) {
      leaveFlight(next, ledger)
      tells.shift()
    }
    reclaimAt = tells.size + reclaimEvery
  }

  /** Reclaims the slots of all tells that are finished. */
  const reclaimAll = (ledger: SenderLedger): void =>
    tells.keep((message) => {
      if (ledger.fate(message.slot) !== "finished") return true
      leaveFlight(message, ledger)
      return false
    })

  const post = (route: Route, message: Outgoing): boolean => {
    if (state._tag !== "Open" || leaving !== "no") return false
    const { block, ledger, wire } = state
    const { actor, chain, envelope, kind, payload, span, tag } = message
    if (tells.size >= reclaimAt) reclaim(ledger)
    if (ledger.isFull()) {
      ledger.starve()
      reclaimAll(ledger)
    }
    if (ledger.isFull()) {
      starved = true
      return false
    }
    const room = group !== undefined
      ? block.places(actor)
      : route.mailbox.overflow === "drop-oldest"
      ? Infinity
      : route.mailbox.capacity
    if (!block.tryAddDepth(actor, room)) return false
    if (message.countedIn !== undefined) uncount(message)
    const slot = ledger.claim(actor, kind === "tell")
    message.slot = slot
    message.turn = turns++
    flight[slot] = message
    if (kind === "tell") tells.push(message)
    wire.post(
      envelope !== undefined
        ? [kind, slot, actor, tag, payload.value, chain, span, envelope]
        : chain.length === 0 && span === null
        ? [kind, slot, actor, tag, payload.value]
        : [kind, slot, actor, tag, payload.value, chain, span],
      payload.transfer,
      payload.how
    )
    route.queue.delete(message)
    accept(message)
    return true
  }

  /** Sends a message if nothing is in its way; else nothing happens. */
  const trySend = (message: Outgoing): boolean => {
    const route = routes[message.actor]
    return route !== undefined && route.queue.size === 0 && post(route, message)
  }

  const pump = (index: number): void => {
    const route = routes[index]
    if (route === undefined || state._tag !== "Open" || route.pumping) return
    // A sender that is accepted goes on at once and may send again: behind those that wait already.
    route.pumping = true
    const open = state
    for (let next = route.queue.first; next !== undefined; next = route.queue.first) {
      if (!post(route, next)) break
    }
    route.pumping = false
    if (state !== open) return
    const waiting = route.queue.size > 0
    if (waiting === route.waiting) return
    route.waiting = waiting
    state.block.addWaiters(index, waiting ? 1 : -1)
    // Room may have come up before the receiver could see that somebody waits.
    if (waiting) pump(index)
  }

  const forEachRoute = (f: (route: Route, index: number) => void): void => routes.forEach(f)

  /** A message of this route has left its slot and its place. */
  const pumpAfter = (index: number): void => {
    group?.onChange()
    if (!starved) return pump(index)
    starved = false
    forEachRoute((_, index) => pump(index))
  }

  /** Settles all that waits. */
  const dismiss = (reason: ActorError.Reason): void =>
    forEachRoute((route) => {
      for (const message of route.queue.clear()) undelivered(message, reason)
    })

  return {
    trySend,

    /** Sends a message, or settles it at once when it can't be sent. */
    send(message: Outgoing): void {
      const { actor } = message
      const route = routes[actor]
      if (state._tag === "Gone") return undelivered(message, state.reason)
      if (leaving === "for good") return undelivered(message, new ActorError.Stopping())
      if (route === undefined || trySend(message)) return
      // While the actor is away as much as its mailbox would hold waits here for it.
      const { capacity, overflow } = route.mailbox
      const room = state._tag === "Open" && leaving === "no" ? 0 : capacity
      const full = route.queue.size >= room
      if (full && overflow === "fail") return undelivered(message, new ActorError.MailboxFull({ capacity }))
      const oldest = route.queue.first
      if (full && room > 0 && overflow === "drop-oldest" && oldest !== undefined) {
        route.queue.delete(oldest)
        undelivered(oldest, new ActorError.MailboxFull({ capacity }))
      }
      route.queue.add(message)
      options.onQueued?.()
      if (route.queue.size <= room) {
        count(message)
        accept(message)
      }
      pump(actor)
    },

    /** Takes a message back, which won't be settled any more; says whether its handler may have started. */
    cancel(message: Outgoing): "no" | "maybe" {
      message.cancelled = true
      const { actor, slot } = message
      if (slot < 0) {
        const queue = routes[actor]?.queue
        queue?.delete(message)
        if (queue?.size === 0) pump(actor)
        return "no"
      }
      if (state._tag !== "Open") return "maybe"
      const taken = state.ledger.withdraw(slot)
      state.wire.post(["cancel", slot])
      return taken ? "no" : "maybe"
    },

    /** Asks for `count` more elements of an open stream, of which `read` have been read. */
    pull({ slot }: Outgoing, count: number, read: number): void {
      if (state._tag === "Open" && slot >= 0) state.wire.post(["pull", slot, count, read])
    },

    /** Takes in a frame that answers a request. */
    receive(frame: Answer): void {
      if (state._tag !== "Open") return
      switch (frame[0]) {
        case "done": {
          const message = flight[frame[1]]
          if (message === undefined) return
          leaveFlight(message, state.ledger)
          settle(message, frame)
          const { actor } = message
          if (starved || group !== undefined || (routes[actor]?.queue.size ?? 0) > 0) pumpAfter(actor)
          return
        }
        case "chunk": {
          const message = flight[frame[1]]
          if (message !== undefined && !message.cancelled) message.onChunk(frame[2])
          return
        }
        case "resume":
          return pumpAfter(frame[1])
        case "circle": {
          const message = flight[frame[1]]
          if (message === undefined || message.cancelled || message.circle.length > 0) return
          message.circle = frame[2]
          return options.onCircle?.(message.chain, frame[2])
        }
      }
    },

    /** A request could not be cloned, so it was never sent. */
    unsendable(slot: number, detail: string): void {
      const message = flight[slot]
      if (state._tag !== "Open" || message === undefined) return
      const { actor } = message
      state.block.addDepth(actor, -1)
      tells.keep((other) => other !== message)
      flight[slot] = undefined
      state.ledger.unclaim(slot)
      undelivered(message, new ActorError.NotSendable({ handled: "no", detail }))
      pumpAfter(actor)
    },

    /** The other thread is ready: what waited for it goes out. */
    open(next: Extract<Availability, { readonly _tag: "Open" }>, mailboxes: ReadonlyArray<MailboxOptions>): void {
      state = next
      opened = true
      forEachRoute((route, index) => {
        route.mailbox = mailboxes[index] ?? defaultMailbox
      })
      forEachRoute((_, index) => pump(index))
      group?.onChange()
    },

    /** The other thread takes no new messages; what it has accepted it still answers, or leaves to its successor. */
    stopping(comesBack: boolean): void {
      leaving = comesBack ? "to come back" : "for good"
      if (!comesBack) dismiss(new ActorError.Stopping())
      group?.onChange()
    },

    /** The other thread is dead. What had started is reported, the rest waits for the next incarnation. */
    lost(cause: ExitCause.ExitCause): void {
      const reports: Array<() => void> = []
      if (state._tag === "Open") {
        const { ledger } = state
        const inOrder = flight.filter((message) => message !== undefined).toSorted((a, b) => a.turn - b.turn)
        const again = routes.map((): Array<Outgoing> => [])
        for (const message of inOrder) {
          const { actor, kind, payload } = message
          // A thread that is given up may still run for a moment: what is taken back here it can't start any more.
          ledger.withdraw(message.slot)
          const fate = ledger.fate(message.slot)
          if (fate === "started") ledger.settle(message.slot)
          message.slot = -1
          if (message.cancelled || (fate === "finished" && kind === "tell")) continue
          const handled = fate === "never-started" ? "no" : "maybe"
          if (handled === "no" && payload.transfer.length === 0) {
            count(message)
            again[actor]?.push(message)
          } else reports.push(() => undelivered(message, new ActorError.Crashed({ handled, cause })))
        }
        forEachRoute((route, index) => {
          const back = again[index] ?? []
          if (group === undefined) {
            const waiting = route.queue.clear()
            for (const message of [...back, ...waiting]) route.queue.add(message)
          } else reports.unshift(() => group?.onReturned(index, back))
          route.waiting = false
        })
      }
      flight = []
      tells.clear()
      reclaimAt = reclaimEvery
      leaving = "no"
      starved = false
      state = { _tag: "Absent" }
      // Last: who is told may send again at once.
      for (const report of reports) report()
    },

    /** The other thread won't come back. */
    gone(reason: ActorError.Reason): void {
      state = { _tag: "Gone", reason }
      dismiss(reason)
      group?.onChange()
    },

    /** This thread ends: what waits here is settled now, because nobody will send it. */
    abandon(reason: ActorError.Reason): void {
      dismiss(reason)
    },

    /** The other thread is about to start (again). */
    expected(): void {
      if (state._tag === "Gone") state = { _tag: "Absent" }
    },

    /** The asks that wait for a mailbox's room, or for their answer. */
    asks(): ReadonlyArray<{ readonly message: Outgoing; readonly started: boolean }> {
      if (state._tag !== "Open" || leaving !== "no") return []
      const { ledger } = state
      const isAsk = (message: Outgoing | undefined): message is Outgoing =>
        message?.kind === "ask" && !message.cancelled
      const posted = flight.filter(isAsk).flatMap((message) => {
        const fate = ledger.fate(message.slot)
        return fate === "finished" ? [] : [{ message, started: fate === "started" }]
      })
      const queued = routes.flatMap(({ queue }) => queue.toArray().filter(isAsk))
      return [...posted, ...queued.map((message) => ({ message, started: false }))]
    },
    isQueueing: (): boolean => routes.some(({ queue }) => queue.size > 0),
    /** The thread is ready to be sent to, and the actor on it runs. */
    isRunning: (actor: number): boolean =>
      state._tag === "Open" && leaving === "no" && !resting.has(state.block.state(actor)),
    /** The actor has run since this thread began; what isn't running now runs again, rather than for the first time. */
    hasRun: (actor: number): boolean =>
      options.local ? state._tag === "Open" && state.block.state(actor) !== "starting" : opened,
    /** The message was for an actor of this thread. */
    isLocal: (): boolean => options.local,
    /** Messages may be for an actor of this thread. */
    mayBeLocal: options.local,
    /** Messages may go to any of several instances. */
    isGroup: false,
    /** Has the messages wait in front of several instances, this one among them. */
    join(of: GroupOf): void {
      group = of
    },
    /** This outbox as one of several instances. */
    asInstance: {
      trySend,
      depth: (actor) => state._tag === "Open" ? state.block.depth(actor) : Infinity,
      status: () =>
        state._tag === "Gone"
          ? state.reason
          : leaving === "for good"
          ? new ActorError.Stopping()
          : state._tag === "Open" && leaving === "no"
          ? "up"
          : "away",
      mailbox: (actor) => routes[actor]?.mailbox ?? defaultMailbox,
      waitForPlace(actor, waits) {
        const route = routes[actor]
        if (state._tag !== "Open" || route === undefined || route.waiting === waits) return false
        route.waiting = waits
        state.block.addWaiters(actor, waits ? 1 : -1)
        return true
      },
      undelivered,
      accept(message) {
        count(message)
        accept(message)
      }
    } satisfies Instance
  }
}
