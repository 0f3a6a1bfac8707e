/**
 * How an actor takes its messages, and what its layer builds.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as RestartPolicy from "../RestartPolicy.ts"
import type { Implementation } from "./checks.ts"

/**
 * What a sender does when the mailbox is full: wait, fail with `MailboxFull`, or push out the oldest message.
 *
 * @since 0.1.0
 * @category models
 */
export type Overflow = "suspend" | "fail" | "drop-oldest"

/**
 * How an actor takes its messages.
 *
 * **Details**
 * - `concurrency`: messages handled at the same time, in the order of their arrival. Default 1. A stream holds its
 *   place only until its handler has returned the stream, not while the stream is being read.
 * - `mailbox.capacity`: messages that wait, of all senders together. Default 1000.
 * - `mailbox.overflow`: default `"suspend"`.
 * - `restart`: the actor's own restarts inside its thread; the thread fails when they are spent. Default as `Thread`.
 * - `health`: `check` runs every `every` (default 5 seconds). If it fails, dies or does not return before the next one is
 *   due, the actor has failed. Default: none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly concurrency?: number | "unbounded" | undefined
  readonly mailbox?: {
    readonly capacity?: number | undefined
    readonly overflow?: Overflow | undefined
  } | undefined
  readonly restart?: RestartPolicy.Options | undefined
  readonly health?: Health | undefined
}

/**
 * A health check, and how often it runs: every 5 seconds by default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Health {
  readonly check: Effect.Effect<unknown, unknown>
  readonly every?: Duration.Input | undefined
}

/**
 * The handlers of an actor, each an `Rpc.Handler` under the key of its message, and how messages reach them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Behavior {
  readonly handlers: Context.Context<never>
  readonly options: Options
  /** Of a keyed actor, whose handlers each key has for itself. */
  readonly keyed?: KeyedBehavior | undefined
}

/**
 * How the keys of an actor live, and take their messages.
 *
 * **Details**
 * - `idle`: a key closes when it had nothing to do for that long, or a sixteenth of it more. Default 5 minutes; `"Infinity"`
 *   keeps it open.
 * - `capacity`: how many keys are awake at a time on each instance. Default 10,000.
 * - `onFull`: what happens to a message for one key more. `"evict-idle"` (default) closes a key that has nothing to do and was
 *   not used lately; if all are busy, the message waits for the first that no longer is. `"suspend"`: it waits until a key has closed by
 *   itself. `"fail"`: it fails with `MailboxFull`.
 * - `keepAlive`: keys stay awake without messages until they are stopped, and those that were awake are opened again after a
 *   restart of their thread. Then `idle` does not apply and none is evicted. Default `false`.
 * - `concurrency`: messages of one key handled at the same time. Default 1. Other keys never wait for them.
 * - `mailbox.capacity`: messages that wait, of all keys and senders together. Default 1000. `mailbox.perKey`: messages that wait
 *   for one key; default a quarter of that. `mailbox.overflow`: as of other actors, for the mailbox and for each key.
 * - `restart`: the restarts of each key. When they are spent, that key is quarantined: its messages fail with `NotRunning` until
 *   it is woken or stopped, or its thread starts again. Default as `Thread`.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyedOptions {
  readonly idle?: Duration.Input | undefined
  readonly capacity?: number | undefined
  readonly onFull?: "evict-idle" | "suspend" | "fail" | undefined
  readonly keepAlive?: boolean | undefined
  readonly concurrency?: number | "unbounded" | undefined
  readonly mailbox?: {
    readonly capacity?: number | undefined
    readonly perKey?: number | undefined
    readonly overflow?: Overflow | undefined
  } | undefined
  readonly restart?: RestartPolicy.Options | undefined
}

/**
 * How a keyed actor builds a key, in the context that its layer was built in.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyedBehavior {
  readonly build: (key: unknown) => Effect.Effect<unknown, unknown>
  readonly context: Context.Context<never>
  readonly options: KeyedOptions
}

/**
 * The key under which `toLayer` puts an actor's behavior.
 *
 * @since 0.1.0
 * @category models
 */
export const implementationKey = <Self>(actorName: string): Context.Key<Implementation<Self>, Behavior> =>
  Context.Service<Implementation<Self>, Behavior>(`heddle/Implementation/${actorName}`)
