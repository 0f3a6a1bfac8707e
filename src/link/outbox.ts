/**
 * The sending side of a link: every message from this thread to one other thread, from its sending to its settlement.
 *
 * ```text
 *                       mailbox full, or the thread is not ready
 *   send --> route (in order) <-------------------------------+
 *              | room                                         | never started: again, in order
 *              v                                              |
 *            in flight (posted, holds a slot) - thread dies --+--- had started: Crashed, or a dead letter
 *              | done
 *              v
 *            settled, once
 * ```
 *
 * The outbox lives as long as its thread and outlives every incarnation of the other one. Its parts: what the other thread
 * is now ([availability.ts](availability.ts)), what waits for each of its actors ([route.ts](route.ts)), and what is posted
 * ([inFlight.ts](inFlight.ts)).
 */
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Answer, Chain, Chunk, Circle, Done } from "../wire/frame.ts"
import { Availability } from "./availability.ts"
import type { OnDeadLetter } from "./deadLetter.ts"
import type { HeldKeys } from "./heldKeys.ts"
import type { InFlight } from "./inFlight.ts"
import type { GroupOf } from "./instances.ts"
import { defaultMailbox, type MailboxOptions } from "./mailboxOptions.ts"
import { Member } from "./member.ts"
import type { Outgoing, WaitingList } from "./outgoing.ts"
import { admit, Route } from "./route.ts"
import { divide, Settling } from "./settling.ts"

/** Where an outbox sends, and what it reports. */
export interface Options {
  /** How many actors the other thread hosts. */
  readonly actors: number
  /** Makes what holds the keys of an actor, if it is keyed. Default: none is. */
  readonly holdKeys?: (actor: number) => ((queue: WaitingList) => HeldKeys) | undefined
  /** The other thread is this one. */
  readonly local: boolean
  readonly onDeadLetter: OnDeadLetter
  /** An ask has turned out to wait in a circle: so do all that wait for its sender. */
  readonly onCircle?: (chain: Chain, circle: Chain) => void
  /** A message has to wait here. */
  readonly onQueued?: () => void
  /** Tells that were accepted and wait here, by actor; it outlives this thread. */
  readonly waiting?: Int32Array
}

/**
 * The outbox to one thread.
 *
 * **Details**
 * - `send` settles a message exactly once, now or later, unless it is cancelled. `trySend` does nothing if it would have to wait.
 * - The supervisor's messages move it: `open`, `stopping`, `lost`, `gone`, `expected`.
 * - A callback of a message may send the next one at once. So each method changes its own state first and calls back last.
 * - If the other thread is one of several instances, messages wait in their group; this outbox only posts them.
 */
export class Outbox {
  /** Messages may be for an actor of this thread. */
  readonly mayBeLocal: boolean
  /** Messages may go to any of several instances. */
  readonly isGroup = false
  private readonly options: Options
  private readonly settling: Settling
  private readonly thread = new Availability()
  private readonly routes: ReadonlyArray<Route>
  /** The group in which messages wait for any of several instances, of which the other thread is one. */
  private group: GroupOf | undefined

  constructor(options: Options) {
    this.options = options
    this.settling = new Settling(options.onDeadLetter, options.waiting)
    this.mayBeLocal = options.local
    this.routes = Array.from(
      { length: options.actors },
      (_, actor) => new Route(this.thread, actor, options.holdKeys?.(actor))
    )
  }

  /** Sends a message if nothing is in its way; else nothing happens. */
  trySend(message: Outgoing): boolean {
    const route = this.routes[message.actor]
    return route !== undefined && route.trySend(message)
  }

  /** Sends a message, or settles it at once if it can't be sent. */
  send(message: Outgoing): void {
    const route = this.routes[message.actor]
    const reason = this.thread.hopeless()
    if (reason !== undefined) return this.settling.undelivered(message, reason)
    if (route === undefined || route.trySend(message)) return
    if (route.holdBack(message)) return this.options.onQueued?.()
    const { mailbox: { capacity, overflow }, queue, room } = route
    const admission = admit(overflow, queue.size, room)
    if (admission === "reject") return this.settling.undelivered(message, new ActorError.MailboxFull({ capacity }))
    const oldest = queue.first
    if (admission === "push out" && oldest !== undefined) {
      queue.delete(oldest)
      this.settling.undelivered(oldest, new ActorError.MailboxFull({ capacity }))
    }
    queue.add(message)
    this.options.onQueued?.()
    if (queue.size <= room) this.settling.accept(message)
    route.pump()
  }

  /** Takes a message back, which won't be settled any more; says whether its handler may have started. */
  cancel(message: Outgoing): "no" | "maybe" {
    message.cancelled = true
    const { actor, slot } = message
    if (slot >= 0) return message.mayHaveRun(this.thread.inFlight?.withdraw(slot) === true)
    const route = this.routes[actor]
    message.list?.delete(message)
    if (route?.queue.size === 0) route.pump()
    return message.mayHaveRun(true)
  }

  /** Asks for `count` more elements of an open stream, of which `read` have been read. */
  pull({ slot }: Outgoing, count: number, read: number): void {
    if (slot >= 0) this.thread.inFlight?.pull(slot, count, read)
  }

  /** Takes in a frame that answers a request. */
  receive(frame: Answer): void {
    const { inFlight } = this.thread
    if (inFlight === undefined) return
    switch (frame[0]) {
      case "resume":
        return this.pumpAfter(frame[1])
      case "hold":
        return this.routes[frame[1]]?.hold(frame[2])
      case "release":
        return this.routes[frame[1]]?.release(frame[2])
      default:
        return this.answered(inFlight, frame)
    }
  }

  /** A request could not be cloned, so it was never sent. */
  unsendable(slot: number, detail: string): void {
    const { inFlight } = this.thread
    const message = inFlight?.at(slot)
    if (message === undefined) return
    const reason = new ActorError.NotSendable({ handled: "no", detail })
    this.settling.undelivered(message, reason, () => inFlight?.unpost(message))
    this.pumpAfter(message.actor)
  }

  /** The other thread is ready: what waited for it is posted to it. */
  open(inFlight: InFlight, mailboxes: ReadonlyArray<MailboxOptions>): void {
    this.thread.open(inFlight)
    this.routes.forEach((route, actor) => {
      route.mailbox = mailboxes[actor] ?? defaultMailbox
    })
    for (const route of this.routes) route.pump()
    this.group?.onChange()
  }

  /** The other thread takes no new messages; what it has accepted it still answers, or leaves to its successor. */
  stopping(comesBack: boolean): void {
    this.thread.stop(comesBack)
    if (!comesBack) this.abandon(new ActorError.Stopping())
    this.group?.onChange()
  }

  /** The other thread is dead. What had started is reported, the rest waits for the next incarnation. */
  lost(cause: ExitCause.ExitCause): void {
    const { group, thread: { inFlight } } = this
    const { waiting } = this.settling
    const { again, crashed } = divide(inFlight?.takeBack(waiting) ?? [], cause)
    for (const { message, slot } of again) inFlight?.keep(message, slot, waiting)
    const reports = crashed.map(({ crash, message, slot }) => () =>
      this.settling.undelivered(message, crash, () => inFlight?.settle(slot))
    )
    const byActor = Map.groupBy(again.map(({ message }) => message), ({ actor }) => actor)
    this.routes.forEach((route, actor) => {
      const back = byActor.get(actor) ?? []
      const isShared = this.isShared(actor)
      route.putBack(isShared ? [] : back)
      if (isShared && inFlight !== undefined) reports.unshift(() => group?.onReturned(actor, back))
    })
    this.thread.lose()
    // Last: a sender that gets its report may send again at once.
    for (const report of reports) report()
  }

  /** The other thread won't come back. */
  gone(reason: ActorError.Reason): void {
    this.thread.leave(reason)
    this.abandon(reason)
    this.group?.onChange()
  }

  /** Settles all that waits: nobody will send it. */
  abandon(reason: ActorError.Reason): void {
    for (const route of this.routes) {
      for (const message of route.clear()) this.settling.undelivered(message, reason)
    }
  }

  /** The other thread is about to start (again). */
  expected(): void {
    this.thread.expect()
  }

  /** The asks that wait for a mailbox's room, or for their answer. */
  asks(): ReadonlyArray<{ readonly message: Outgoing; readonly started: boolean }> {
    const { up } = this.thread
    return up === undefined ? [] : [...up.asks(), ...this.routes.flatMap((route) => route.asks())]
  }

  /** Whether any message waits here. */
  isQueueing(): boolean {
    return this.routes.some(({ isQueueing }) => isQueueing)
  }

  /** The thread takes messages, and the actor on it runs. */
  isRunning(actor: number): boolean {
    return this.thread.up?.block.isResting(actor) === false
  }

  /** The actor has run since this thread began; what isn't running now runs again, rather than for the first time. */
  hasRun(actor: number): boolean {
    if (!this.mayBeLocal) return this.thread.hasOpened
    return this.thread.inFlight !== undefined && this.thread.inFlight.block.state(actor) !== "starting"
  }

  /** The message was for an actor of this thread. */
  isLocal(): boolean {
    return this.mayBeLocal
  }

  /** Has the messages wait in front of several instances, this one among them. */
  join(of: GroupOf): Member {
    this.group = of
    this.thread.isInstance = true
    return new Member(this.thread, this.routes, this.settling)
  }

  /** A frame is about a message that holds a slot, or was taken back and held it. */
  private answered(inFlight: InFlight, frame: Done | Chunk | Circle): void {
    const message = inFlight.at(frame[1])
    if (message === undefined) return frame[0] === "done" ? this.doneRecalled(inFlight, frame[1]) : undefined
    switch (frame[0]) {
      case "done":
        return this.done(inFlight, message, frame)
      case "chunk":
        return message.cancelled ? undefined : message.onChunk(frame[2])
      case "circle":
        if (message.cancelled || message.circle.length > 0) return
        message.circle = frame[2]
        return this.options.onCircle?.(message.chain, frame[2])
    }
  }

  /** A request is answered: its slot is free, and the next message may go. */
  private done(inFlight: InFlight, message: Outgoing, frame: Done): void {
    const { actor, kind } = message
    const isCutOff = frame[2] === "failed" && (message.mayRunAgain || kind === "tell")
    // A tell has its slot until it is reported. A sender that gets its answer may send again at once.
    if (kind !== "tell") inFlight.leave(message)
    if (!isCutOff) this.settling.settle(message, frame, !this.mayBeLocal)
    else if (this.settling.cutOff(inFlight, message, frame, this.mayBeLocal)) this.sendAgain(message)
    if (kind === "tell") inFlight.leave(message, frame[1])
    if (inFlight.isStarved || this.group !== undefined || (this.routes[actor]?.queue.size ?? 0) > 0) {
      this.pumpAfter(actor)
    }
  }

  /** Its actor has died while it handled the message, which goes before all that waits. */
  private sendAgain(message: Outgoing): void {
    if (this.isShared(message.actor)) this.group?.onReturned(message.actor, [message])
    else this.routes[message.actor]?.putFirst([message])
  }

  /** A message that was taken back has left its slot and its place. */
  private doneRecalled(inFlight: InFlight, slot: number): void {
    const actor = inFlight.leaveRecalled(slot)
    if (actor !== undefined) this.pumpAfter(actor)
  }

  /** A message to this actor has left its slot and its place. */
  private pumpAfter(actor: number): void {
    if (this.thread.inFlight?.takeStarved() === true) {
      this.group?.onChange()
      for (const route of this.routes) route.pump()
    } else if (this.isShared(actor)) this.group?.onPlace(actor)
    else this.routes[actor]?.pump()
  }

  /** Messages to the actor wait in front of several instances. Those of a key wait here: it has one place. */
  private isShared(actor: number): boolean {
    return this.group !== undefined && this.routes[actor]?.isKeyed !== true
  }
}
