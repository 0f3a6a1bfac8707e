/**
 * One key of a keyed actor, for as long as anything is known of it: a small actor with a scope, handlers and a budget of its own.
 *
 * ```text
 *   opening --> open --> closing --> gone                   idle, evicted or stopped
 *      |          |        |  ^
 *      +----------+--------+  +-- its finalizers don't end
 *        it fails          v               |
 *                  resting (back-off) -----+--> quarantined
 *                     |    budget spent
 *                     +--> opening again, when a message waits
 * ```
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Actor from "../Actor.ts"
import type * as ActorError from "../ActorError.ts"
import type { Delivery } from "../link/delivery.ts"
import type { Moment } from "../loop/monotonic.ts"
import * as RestartPolicy from "../RestartPolicy.ts"
import * as keyMessages from "../wire/keyMessages.ts"
import type { Member } from "./clockHand.ts"
import type { Dispatcher } from "./dispatcher.ts"
import type { KeyHolder, KeyLane } from "./laneStarter.ts"

/** What a key has to know of its thread. */
export interface OnThread {
  readonly thread: string
  readonly instance: { readonly index: number; readonly count: number }
  /** What actors and keys have kept, by name; survives the thread by way of `onKept`. */
  readonly kept: Map<string, unknown>
  readonly onKept: (name: string, value: unknown) => void
}

/** What a key asks of the keys that it is one of. */
export interface Owner {
  readonly host: OnThread
  readonly actor: string
  /** The key is used. */
  use(key: Key): void
  /** A message of the key gives back its place. */
  release(key: Key): void
  /** No more messages of the key may start. */
  shut(key: Key): void
  /** Nothing that the key was handling is left. */
  rested(key: Key): void
  /** Closes the key, and answers. */
  stop(key: Key, stop: Delivery): void
  /** The key has failed. */
  fail(key: Key, cause: Cause.Cause<unknown>, fatal: boolean): void
}

export type State = "opening" | "open" | "closing" | "resting" | "quarantined"

/** A key, and where it is in its life. */
export class Key implements KeyHolder, Member {
  // First what each message reads and writes: with thousands of keys in turn, it comes from memory each time.
  usedIn = 0
  isFresh = false
  /** Messages that have started and not ended, streams among them. */
  active = 0
  private readonly owner: Owner
  readonly lane: KeyLane<Key>
  dispatcher: Dispatcher | undefined
  position = -1
  state: State = "resting"
  /** What it has acquired, while it is awake. */
  scope: Scope.Closeable | undefined
  /** What builds, closes or waits for it just now. */
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  history: RestartPolicy.History = RestartPolicy.noFailures
  /** When it was built. */
  readyAt: Moment | undefined
  /** Until when it rests after a failure. */
  restsUntil: Moment | undefined
  /** When it failed last. */
  failedAt: Moment | undefined
  /** Counts its builds. */
  builds = 0
  /** Why it is quarantined. */
  reason: ActorError.Reason | undefined

  constructor(owner: Owner, lane: KeyLane<Key>) {
    this.owner = owner
    this.lane = lane
  }

  /** Neither runs nor waits anything for it. */
  get isIdle(): boolean {
    return this.state === "open" && this.active === 0 && this.lane.size === 0 && this.lane.running === 0
  }

  /** Handles a message. */
  handle(delivery: Delivery): void {
    this.owner.use(this)
    if (keyMessages.isKeyMessage(delivery.message)) return this.obey(delivery)
    this.active++
    this.dispatcher?.handle(delivery)
  }

  /** A message gives back its place. */
  release(): void {
    this.owner.release(this)
  }

  /** A handler has died: nothing more may start. */
  pause(): void {
    this.owner.shut(this)
  }

  /** A message has ended. */
  onSettled(): void {
    this.active--
    if (this.active === 0) this.owner.rested(this)
  }

  /** A handler has died: the key can't be trusted any more. */
  onDefect(cause: Cause.Cause<unknown>): void {
    this.owner.fail(this, cause, false)
  }

  /** How it is, for those who ask from outside. */
  view(): keyMessages.KeyView {
    const { history: { failures }, lane: { key, running, size }, state } = this
    return { key, state, waiting: size, running, failures }
  }

  /** Makes what the key's handlers know of themselves. */
  current(): Actor.Current["Service"] {
    return new KeyCurrent(this.owner, this)
  }

  private obey(delivery: Delivery): void {
    if (delivery.message.tag === keyMessages.stop) return this.owner.stop(this, delivery)
    delivery.end({ _tag: "Success", value: undefined })
    this.release()
  }
}

/** The name under which the value is kept that a key leaves to its next incarnation. No actor has a slash in its name. */
export const keptName = (actor: string, key: string): string => `${actor}/${key}`

/** What a key knows of itself. A class, because there is one for each key that is awake. */
class KeyCurrent {
  private readonly owner: Owner
  private readonly owned: Key
  readonly incarnation: number

  constructor(owner: Owner, key: Key) {
    this.owner = owner
    this.owned = key
    this.incarnation = key.builds
  }

  get actor(): string {
    return this.owner.actor
  }

  get thread(): string {
    return this.owner.host.thread
  }

  get instance(): { readonly index: number; readonly count: number } {
    const { count, index } = this.owner.host.instance
    return { index, count }
  }

  get key(): string {
    return this.owned.lane.key
  }

  get fail(): Actor.Current["Service"]["fail"] {
    const { incarnation, owned, owner } = this
    const fail = (cause: Cause.Cause<unknown>, fatal: boolean) =>
      Effect.suspend(() => {
        // What an earlier build has forked says nothing about the present one.
        if (owned.builds === incarnation) owner.fail(owned, cause, fatal)
        return Effect.never
      })
    // The handler that says so is among those that end only when it has been running for a turn.
    return (cause, { fatal }) => Effect.andThen(Effect.yieldNow, fail(cause, fatal))
  }

  get kept(): Actor.Current["Service"]["kept"] {
    const { host } = this.owner
    const name = keptName(this.actor, this.key)
    return {
      read: Effect.sync(() => Option.fromUndefinedOr(host.kept.get(name))),
      write: (value) =>
        Effect.sync(() => {
          host.kept.set(name, value)
          host.onKept(name, value)
        })
    }
  }
}
