/**
 * What the cluster's thread knows of its own system, in the context of its layer.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { ActorError } from "../ActorError.ts"
import type { Cluster } from "../Cluster.ts"
import type { Url } from "../Storage.ts"
import type { OrderFailure } from "./clusterActor.ts"
import type { Report } from "./fleet.ts"

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
  /** The URL of the config module. */
  readonly module: string
  readonly once: ReadonlyArray<OnceThread>
  /** The names of all actors. */
  readonly actors: ReadonlyArray<string>
  /** What the machines have to agree on: a digest of each actor's protocol, by the actor's name. */
  readonly protocols: Readonly<Record<string, string>>
  /** Completes when a thread runs on this machine. */
  readonly start: (thread: string) => Effect.Effect<void, OrderFailure | ActorError>
  /** Completes when a thread is dead on this machine. */
  readonly stop: (thread: string) => Effect.Effect<void, OrderFailure | ActorError>
  /** Completes when a later incarnation of a thread runs on this machine. */
  readonly restart: (thread: string) => Effect.Effect<void, OrderFailure | ActorError>
  /** How its own threads are. `isDetailed`: with all that is counted and measured. */
  readonly look: (isDetailed: boolean) => Effect.Effect<Pick<Report, "threads" | "numbers">, unknown>
}

export const Membership = Context.Service<Membership>("heddle/Cluster/Membership")
