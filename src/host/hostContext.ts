/**
 * The thread that actors are hosted on, as they and their supervisor need it.
 */
import type * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as ExitCause from "../ExitCause.ts"
import type { Moment } from "../loop/monotonic.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import type { Endpoint } from "./endpoint.ts"
import type { InFlight } from "./inFlight.ts"

/** What the actors of one incarnation of a thread share. */
export interface HostContext {
  readonly thread: string
  /** Which of the instances of its declaration the thread is. */
  readonly instance: { readonly index: number; readonly count: number }
  readonly incarnation: number
  readonly endpoint: Endpoint
  /** The clients of all actors, `System`, and what the layers of thread and system provide. */
  readonly services: Context.Context<never>
  /** What two actors of the thread provide by the same layer they share, for as long as one of them lives. */
  readonly memoMap: Layer.MemoMap
  readonly inFlight: InFlight
  /** What actors have kept, by actor; survives the thread by way of `onKept`. */
  readonly kept: Map<string, unknown>
  readonly onKept: (actor: string, value: unknown) => void
  /** How long an actor may take to close, its finalizers included. */
  readonly closeMillis: number
  /** Owns the actors' fibers; closing it ends them wherever they are. */
  readonly scope: Scope.Scope
  readonly publish: (event: SystemEvent) => void
}

/** Why an actor, and with it its thread, can't go on. */
export interface Failure {
  readonly cause: ExitCause.ExitCause
  readonly fatal: boolean
  /** When the actor was last known to be well before that; nothing when it had not been ready yet. */
  readonly wellUntil?: Moment | undefined
}

/** How to stop: what was accepted is drained for at most `drainMillis`, or left to a thread that comes back. */
export interface Stop {
  readonly drainMillis: number
  readonly comesBack: boolean
  /** Why, if not because an operator asked for it. */
  readonly cause?: ExitCause.ExitCause | undefined
}
