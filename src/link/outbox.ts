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
import type { ActorState, Board } from "./board.ts"
import type { Encoded } from "./codec.ts"
import type { Chain, Frame, Outcome, SpanRef } from "./frame.ts"
import type { SenderLedger } from "./ledger.ts"
import type { Wire } from "./wire.ts"

/** How an actor's mailbox takes what is sent to it. */
export interface MailboxOptions {
  readonly capacity: number
  readonly overflow: "suspend" | "fail" | "drop-oldest"
}

/** How a message was settled: by an answer from the handler, or by what happened on the way. */
export type Settlement = Outcome | readonly [status: "undelivered", reason: ActorError.Reason]

/** A message on its way. The functions are called by the outbox; `settle` exactly once, unless it is cancelled. */
export interface Outgoing {
  readonly kind: "ask" | "tell" | "open"
  /** The actor's index on its thread. */
  readonly actor: number
  readonly tag: string
  readonly payload: Encoded
  readonly chain: Chain
  readonly span: SpanRef | null
  readonly settle: (settlement: Settlement) => void
  /** The message has a place in the mailbox, or will get it without the sender's waiting. */
  readonly accepted: () => void
  readonly chunk: (values: ReadonlyArray<unknown>) => void
}

/** A message that nobody waits for was not handled, or not to its end. */
export type OnDeadLetter = (
  letter: { readonly actor: number; readonly tag: string; readonly reason: ActorError.Reason }
) => void

/** What the other thread is at the moment, as far as messages are concerned. */
export type Availability =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Open"; readonly wire: Wire; readonly ledger: SenderLedger; readonly board: Board }
  | { readonly _tag: "Gone"; readonly reason: ActorError.Reason }

interface Entry {
  readonly message: Outgoing
  slot: number
  accepted: boolean
  /** The caller has left; nobody is told how it ends. */
  cancelled: boolean
}

interface Route {
  mailbox: MailboxOptions
  queue: Set<Entry>
  readonly flight: Set<Entry>
  pumping: boolean
  /** This route is counted among the waiters on the other thread's board. */
  waiting: boolean
}

/** A message that was sent and is not settled yet. */
export interface Sent {
  /** Takes the message back; says whether its handler may have started. It won't be settled any more. */
  readonly cancel: () => "no" | "maybe"
  /** Asks for more elements of an open stream. */
  readonly pull: (count: number) => void
}

const resting: ReadonlySet<ActorState> = new Set(["starting", "restarting"])

/** Taken for granted until the actor is built and says otherwise. */
export const defaultMailbox: MailboxOptions = { capacity: 1000, overflow: "suspend" }

export type Outbox = ReturnType<typeof make>

export const make = (options: {
  /** How many actors the other thread hosts. */
  readonly actors: number
  /** The other thread is this one. */
  readonly local: boolean
  readonly onDeadLetter: OnDeadLetter
}) => {
  const routes: ReadonlyArray<Route> = Array.from({ length: options.actors }, () => ({
    mailbox: defaultMailbox,
    queue: new Set(),
    flight: new Set(),
    pumping: false,
    waiting: false
  }))
  let state: Availability = { _tag: "Absent" }
  /** The thread is on its way down: for good, or to come back. */
  let leaving: "no" | "for good" | "to come back" = "no"
  let slots: Array<Entry | undefined> = []
  /** Tells in flight, oldest first; nobody answers them, so their slots are reclaimed by looking. */
  let tells: Array<Entry> = []
  /** Every slot was taken when a message was to go out: the next that becomes free may be for any route. */
  let starved = false

  const settle = (entry: Entry, settlement: Settlement): void => {
    if (entry.cancelled) return
    const { message } = entry
    if (message.kind === "tell" && entry.accepted) {
      if (settlement[0] === "undelivered") {
        options.onDeadLetter({ actor: message.actor, tag: message.tag, reason: settlement[1] })
      }
    } else message.settle(settlement)
  }

  const undelivered = (entry: Entry, reason: ActorError.Reason): void => settle(entry, ["undelivered", reason])

  const accept = (entry: Entry): void => {
    if (entry.accepted) return
    entry.accepted = true
    entry.message.accepted()
  }

  const leaveFlight = (route: Route, entry: Entry, ledger: SenderLedger): void => {
    route.flight.delete(entry)
    slots[entry.slot] = undefined
    ledger.release(entry.slot)
  }

  /** Reclaims the slots of finished tells: the oldest ones, or all when `thorough`. */
  const reclaim = (ledger: SenderLedger, thorough: boolean): void => {
    let kept = 0
    while (kept < tells.length) {
      const entry = tells[kept]
      if (entry === undefined || ledger.fate(entry.slot) !== "finished") break
      const route = routes[entry.message.actor]
      if (route !== undefined) leaveFlight(route, entry, ledger)
      kept++
    }
    if (kept > 0) tells = tells.slice(kept)
    if (!thorough) return
    tells = tells.filter((entry) => {
      const route = routes[entry.message.actor]
      if (route === undefined || ledger.fate(entry.slot) !== "finished") return true
      leaveFlight(route, entry, ledger)
      return false
    })
  }

  const post = (route: Route, entry: Entry): boolean => {
    if (state._tag !== "Open" || leaving !== "no") return false
    const { board, ledger, wire } = state
    const { message } = entry
    if (tells.length > 64) reclaim(ledger, false)
    let slot = ledger.claim(message.actor)
    if (slot < 0) {
      reclaim(ledger, true)
      slot = ledger.claim(message.actor)
    }
    if (slot < 0) {
      starved = true
      return false
    }
    if (
      !board.tryAddDepth(message.actor, route.mailbox.overflow === "drop-oldest" ? Infinity : route.mailbox.capacity)
    ) {
      ledger.release(slot)
      return false
    }
    entry.slot = slot
    slots[slot] = entry
    route.flight.add(entry)
    if (message.kind === "tell") tells.push(entry)
    wire.post(
      [message.kind, slot, message.actor, message.tag, message.payload.value, message.chain, message.span],
      message.payload.transfer,
      message.payload.json
    )
    route.queue.delete(entry)
    accept(entry)
    return true
  }

  const pump = (index: number): void => {
    const route = routes[index]
    if (route === undefined || state._tag !== "Open" || route.pumping) return
    // A sender that is accepted goes on at once and may send again: behind those that wait already.
    route.pumping = true
    const open = state
    for (const entry of route.queue) if (!post(route, entry)) break
    route.pumping = false
    if (state !== open) return
    const waiting = route.queue.size > 0
    if (waiting === route.waiting) return
    route.waiting = waiting
    state.board.addWaiters(index, waiting ? 1 : -1)
    // Room may have come up before the receiver could see that somebody waits.
    if (waiting) pump(index)
  }

  const remove = (route: Route, entry: Entry): void => {
    route.queue.delete(entry)
    if (route.queue.size === 0) pump(entry.message.actor)
  }

  const forEachRoute = (f: (route: Route, index: number) => void): void => routes.forEach(f)

  /** A message of this route has left its slot and its place. */
  const pumpAfter = (index: number): void => {
    if (!starved) return pump(index)
    starved = false
    forEachRoute((_, index) => pump(index))
  }

  /** Settles all that waits. */
  const dismiss = (reason: ActorError.Reason): void =>
    forEachRoute((route) => {
      const waiting = Array.from(route.queue)
      route.queue.clear()
      for (const entry of waiting) undelivered(entry, reason)
    })

  return {
    /** Sends a message, or settles it at once when it can't be sent. */
    send(message: Outgoing): Sent {
      const entry: Entry = { message, slot: -1, accepted: false, cancelled: false }
      const route = routes[message.actor]
      if (state._tag === "Gone") undelivered(entry, state.reason)
      else if (leaving === "for good") undelivered(entry, new ActorError.Stopping())
      else if (route !== undefined && (route.queue.size > 0 || !post(route, entry))) {
        // While the actor is away as much as its mailbox would hold waits here for it.
        const { capacity, overflow } = route.mailbox
        const room = state._tag === "Open" && leaving === "no" ? 0 : capacity
        const full = route.queue.size >= room
        if (full && overflow === "fail") {
          undelivered(entry, new ActorError.MailboxFull({ capacity }))
        } else {
          const [oldest] = route.queue
          if (full && room > 0 && overflow === "drop-oldest" && oldest !== undefined) {
            route.queue.delete(oldest)
            undelivered(oldest, new ActorError.MailboxFull({ capacity }))
          }
          route.queue.add(entry)
          if (route.queue.size <= room) accept(entry)
          pump(message.actor)
        }
      }
      return {
        cancel() {
          entry.cancelled = true
          if (route === undefined) return "no"
          if (entry.slot < 0) {
            remove(route, entry)
            return "no"
          }
          if (state._tag !== "Open") return "maybe"
          const taken = state.ledger.withdraw(entry.slot)
          state.wire.post(["cancel", entry.slot], [], true)
          return taken ? "no" : "maybe"
        },
        pull(count) {
          if (state._tag === "Open" && entry.slot >= 0) state.wire.post(["pull", entry.slot, count], [], true)
        }
      }
    },

    /** Takes in a frame that answers a request. */
    receive(frame: Frame): void {
      if (state._tag !== "Open") return
      switch (frame[0]) {
        case "done": {
          const entry = slots[frame[1]]
          const route = entry && routes[entry.message.actor]
          if (entry === undefined || route === undefined) return
          leaveFlight(route, entry, state.ledger)
          settle(entry, frame[2])
          if (starved || route.queue.size > 0) pumpAfter(entry.message.actor)
          return
        }
        case "chunk": {
          const entry = slots[frame[1]]
          if (entry !== undefined && !entry.cancelled) entry.message.chunk(frame[2])
          return
        }
        case "resume":
          return pumpAfter(frame[1])
      }
    },

    /** A request could not be cloned, so it was never sent. */
    unsendable(slot: number, detail: string): void {
      const entry = slots[slot]
      const route = entry && routes[entry.message.actor]
      if (state._tag !== "Open" || entry === undefined || route === undefined) return
      state.board.addDepth(entry.message.actor, -1)
      tells = tells.filter((other) => other !== entry)
      leaveFlight(route, entry, state.ledger)
      undelivered(entry, new ActorError.NotSendable({ handled: "no", detail }))
      pumpAfter(entry.message.actor)
    },

    /** The other thread is ready: what waited for it goes out. */
    open(next: Extract<Availability, { readonly _tag: "Open" }>, mailboxes: ReadonlyArray<MailboxOptions>): void {
      state = next
      forEachRoute((route, index) => {
        route.mailbox = mailboxes[index] ?? defaultMailbox
      })
      forEachRoute((_, index) => pump(index))
    },

    /** The other thread takes no new messages; what it has accepted it still answers, or leaves to its successor. */
    stopping(comesBack: boolean): void {
      leaving = comesBack ? "to come back" : "for good"
      if (!comesBack) dismiss(new ActorError.Stopping())
    },

    /** The other thread is dead. What had started is reported, the rest waits for the next incarnation. */
    lost(cause: ExitCause.ExitCause): void {
      const reports: Array<() => void> = []
      if (state._tag === "Open") {
        const { ledger } = state
        forEachRoute((route) => {
          const again: Array<Entry> = []
          for (const entry of route.flight) {
            // A thread that is given up may still run for a moment: what is taken back here it can't start any more.
            ledger.withdraw(entry.slot)
            const fate = ledger.fate(entry.slot)
            entry.slot = -1
            if (entry.cancelled || (fate === "finished" && entry.message.kind === "tell")) continue
            const handled = fate === "never-started" ? "no" : "maybe"
            if (handled === "no" && entry.message.payload.transfer.length === 0) again.push(entry)
            else reports.push(() => undelivered(entry, new ActorError.Crashed({ handled, cause })))
          }
          route.flight.clear()
          route.queue = new Set([...again, ...route.queue])
          route.waiting = false
        })
      }
      slots = []
      tells = []
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
    },

    /** The other thread is about to start (again). */
    expected(): void {
      if (state._tag === "Gone") state = { _tag: "Absent" }
    },

    /** The thread is ready to be sent to, and the actor on it runs. */
    isRunning: (actor: number): boolean =>
      state._tag === "Open" && leaving === "no" && !resting.has(state.board.state(actor)),
    local: options.local
  }
}
