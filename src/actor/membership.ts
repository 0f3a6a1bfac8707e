/**
 * What the cluster's thread knows of its own system, in the context of its layer.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Cluster } from "../Cluster.ts"
import type { Url } from "../Storage.ts"

/** A checked cluster. */
export interface ClusterSpec {
  readonly address: Cluster["address"]
  readonly listen: Cluster["listen"]
  readonly key: Cluster["key"]
  /** The names of the keyed actors whose keys are spread. */
  readonly spread: ReadonlyArray<string>
  /** The names of the declarations that run on one machine. */
  readonly once: ReadonlyArray<string>
  readonly failoverMillis: number
}

/** A thread that runs on one machine, and the actors on it. */
export interface OnceThread {
  readonly name: string
  readonly actors: ReadonlyArray<string>
}

/** How a machine takes part, and what it can do to its own threads. */
export interface Membership {
  readonly spec: ClusterSpec
  readonly url: Url
  readonly once: ReadonlyArray<OnceThread>
  /** The names of all actors. */
  readonly actors: ReadonlyArray<string>
  /** What the machines have to agree on: a digest of each actor's protocol, by the actor's name. */
  readonly protocols: Readonly<Record<string, string>>
  /** Completes when a thread runs. */
  readonly start: (thread: string) => Effect.Effect<void, unknown>
  /** Completes when a thread is dead. */
  readonly stop: (thread: string) => Effect.Effect<void, unknown>
  /** Completes when a later incarnation of a thread runs. */
  readonly restart: (thread: string) => Effect.Effect<void, unknown>
}

export const Membership = Context.Service<Membership>("heddle/Cluster/Membership")
