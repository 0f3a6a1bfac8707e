/**
 * A system on several machines.
 *
 * `System.make({ cluster })` takes it. A system that declares none loads nothing of it.
 */
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Any } from "./Actor.ts"
import { clusterActor } from "./actor/clusterActor.ts"
import { Current } from "./actor/current.ts"
import { ActorError } from "./ActorError.ts"
import { Fence } from "./wire/durable.ts"

const TypeId = "~heddle/Cluster"

/**
 * How a machine takes part in a cluster.
 *
 * **Details**
 * - `address`: where the other machines reach this one, `"10.0.0.7:7400"`: a name or an IP address, and a port. It listens there.
 *   No two machines have the same.
 * - `key`: the secret that all machines share, of at least 8 characters; 32 random ones are good. Connections between machines are encrypted with
 *   it (TLS 1.2 with a pre-shared key and ephemeral keys), and who does not have it gets no connection. A machine with another key does
 *   not start.
 * - `listen`: where it listens if that is not `address`, such as `"0.0.0.0:7400"` in a container.
 * - `spread`: keyed actors whose keys are spread over all machines. Default none: keys live on the machine where they are asked.
 * - `once`: threads that run on exactly one machine, by name. Calls to their actors reach that machine from all others. Default none.
 * - `failover`: how long a machine may be out of reach until others take its keys and threads over, at least 2 seconds; default 3.
 *   A machine whose process has ended is replaced as soon as that is noticed.
 * - `address` and `key` may be a `Config`, which the thread `heddle.cluster` reads with the `ConfigProvider` of the system's `layer`.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClusterOptions {
  readonly address: string | Config.Config<string>
  readonly key: string | Redacted.Redacted | Config.Config<string | Redacted.Redacted>
  readonly listen?: string | Config.Config<string> | undefined
  readonly spread?: ReadonlyArray<Any> | undefined
  readonly once?: ReadonlyArray<string> | undefined
  readonly failover?: Duration.Input | undefined
}

/**
 * A declared cluster.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cluster extends ClusterOptions {
  readonly [TypeId]: typeof TypeId
}

/**
 * Has a system run on several machines, each of which runs the same config module.
 *
 * **Details**
 * - It needs `storage: Storage.postgres(...)`, and uses that database: who is there, and who holds which keys, is decided in it.
 * - A thread `heddle.cluster` does all of it; the engine is `effect/cluster`. Calls to keys and actors that may be on another machine go
 *   through it; all others stay as they are.
 * - Machines that come find the others in the database. One that differs from a machine that runs, in a message that both have or in where an
 *   actor is, does not start. A new version may have other messages and actors besides: it is rolled out a machine at a time.
 * - What is sent to a key or an actor that is not durable runs at most once; when its machine ends meanwhile, its sender gets an
 *   `ActorError` whose `handled` says whether it may have run.
 * - Under `heddle/Testing`, the system is the only machine, and nothing connects anywhere.
 *
 * **Gotchas**
 * - A machine that can't reach the database holds nothing: its `once` threads stop, and its keys close. It comes back by itself.
 * - Of machines that reach the database and not each other, those go on that reach most of the others, of two halves the one with the oldest.
 * - A machine that stands still acts for a moment as before when it goes on. `Cluster.fence` lets a resource refuse it.
 * - Messages to a `spread` actor, and to those of `once` threads, can't be streams, and can't move what is `Transferable`.
 * - What `Actor.kept` keeps, and that a key is awake by `keepAlive`, stays on its machine.
 *
 * **Example**
 *
 * ```ts
 * cluster: Cluster.make({
 *   address: Config.String("HEDDLE_ADDRESS"),
 *   key: Config.Redacted("HEDDLE_CLUSTER_KEY"),
 *   spread: [Room],
 *   once: ["bot"]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: ClusterOptions): Cluster => ({ ...options, [TypeId]: TypeId })

/**
 * Whether a value is a declared cluster.
 *
 * @since 0.1.0
 * @category guards
 */
export const isCluster = (value: unknown): value is Cluster =>
  typeof value === "object" && value !== null && TypeId in value

/**
 * The fencing token of an actor that runs on one machine: a number that grows each time that another machine, or the same one again, takes
 * over its key or its thread.
 *
 * **Details**
 * - A machine that stood still may go on for a moment while another one has taken over what it held. A resource that remembers the greatest
 *   token that it has seen, and refuses a smaller one, refuses that machine.
 * - In a handler it is the token that the message was delivered under. In the layer of the actor, and in what that forks, it is asked of the
 *   thread `heddle.cluster`, and is that of the present holding: ask once, when the actor is built, and use that.
 * - Fails with `Unreachable` if this machine does not hold the actor, or the key.
 * - 0 in a system without cluster, for an actor that each machine has, and under `heddle/Testing`.
 *
 * **Example**
 *
 * ```ts
 * const fence = yield* Cluster.fence
 * yield* sql`UPDATE rooms SET topic = ${topic}, fence = ${fence} WHERE id = ${id} AND fence <= ${fence}`
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export const fence: Effect.Effect<number, ActorError, Current> = Effect.gen(function*() {
  const context = yield* Effect.context<Current>()
  const delivered = Context.get(context, Fence)
  if (delivered !== 0) return delivered
  const { actor, key = "" } = Context.get(context, Current)
  const cluster = Context.getOption(context, clusterActor())
  if (cluster._tag === "None") return 0
  return yield* Effect.catchTag(
    cluster.value.Fence({ actor, key }),
    "Unreachable",
    (reason) => Effect.fail(new ActorError({ actor, request: "", reason, ...key === "" ? {} : { key } }))
  )
})
