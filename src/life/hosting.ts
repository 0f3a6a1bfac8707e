/**
 * What a thread hosts: the layers of system and thread, and its actors. Loaded ahead, built when the thread begins, closed in
 * reverse.
 *
 * ```text
 *   load modules ---> wait for `Begin` ---> build layers, then actors ---> Ready ---> an actor can't go on ---> fails
 *        |                    |                          |                                     |
 *        +--------------------+----- stop asked ---------+-----------> close actors, layers, child processes
 * ```
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { clusterThread } from "../actor/clusterActor.ts"
import { Membership } from "../actor/membership.ts"
import { type Agreed, hostedBy } from "../control/agreement.ts"
import type { Beginning, ThreadInit } from "../control/protocol.ts"
import * as supervision from "../control/supervisorActor.ts"
import type { Topology } from "../control/topology.ts"
import * as actors from "../host/actors.ts"
import type { Endpoint } from "../host/endpoint.ts"
import type { Failure, Stop } from "../host/hostContext.ts"
import type { InFlight } from "../host/inFlight.ts"
import type { Implemented } from "../host/instance.ts"
import * as layers from "../host/layers.ts"
import * as telemetry from "../host/telemetry.ts"
import type * as courier from "../link/courier.ts"
import { once, onceIf } from "../loop/once.ts"
import { Place } from "../storage/place.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import { membershipOf } from "./membership.ts"
import type { Surroundings } from "./surroundings.ts"

/** What a thread has loaded, and the incarnation that it is to be. */
export interface Loaded extends Beginning {
  readonly shared: ReadonlyArray<layers.Named>
  readonly implemented: ReadonlyArray<Implemented>
  /** The declaration that this thread has imported. */
  readonly imported: Topology
  /** What hands over the messages of the storage and of the cluster, on their own threads. */
  readonly courier: typeof courier | undefined
}

const couriers = once(() => import("../link/courier.ts"))

/** Imports everything that the thread hosts, reports `Loaded`, and waits until it is to begin. */
export const load = Effect.fnUntraced(function*(
  { instance, storage, thread }: ThreadInit,
  imported: Topology,
  agreed: Agreed,
  { begun, post }: { readonly begun: Deferred.Deferred<Beginning>; readonly post: Surroundings["post"] }
): Effect.fn.Return<Loaded, Failure> {
  const shared = yield* layers.load(imported, thread, instance.name)
  const implemented = yield* actors.load(agreed.actors)
  const courier = yield* onceIf(storage !== undefined || thread === clusterThread, couriers)
  post({ _tag: "Loaded", hosts: hostedBy(agreed) })
  return { shared, implemented, imported, courier, ...yield* Deferred.await(begun) }
})

/** The thread as its layers and actors need it. */
interface Given {
  readonly init: ThreadInit
  readonly agreed: Agreed
  readonly links: Endpoint
  readonly inFlight: InFlight
  readonly loaded: Loaded
  readonly surroundings: Surroundings
}

/** The layers and actors of a thread that has begun. */
export interface Hosting {
  /** Builds them and reports `Ready`; fails when an actor can't go on, and never completes otherwise. */
  readonly live: Effect.Effect<never, Failure>
  /** Closes what was built, whatever stage it was in. */
  readonly close: (how: Stop) => Effect.Effect<void>
}

/** Makes the hosting of one incarnation. Its layers are closed with the scope at the latest, wherever it ends. */
export const make = Effect.fnUntraced(function*(
  { agreed, inFlight, init, links, loaded, surroundings: { endChildren, logging, post } }: Given
) {
  const scope = yield* Effect.scope
  const memoMap = Layer.makeMemoMapUnsafe()
  // Closed after the actors, some of which have it in use.
  const layerScope = yield* Scope.make()
  const closeLayers = Scope.close(layerScope, Exit.void).pipe(
    Effect.catchCause((cause) => Effect.logError("a finalizer of a layer failed", cause))
  )
  yield* Effect.addFinalizer(() => closeLayers)
  const publish = (event: SystemEvent): void => post({ _tag: "Event", event })
  const own = Context.merge(
    logging(loaded.logging, loaded.incarnation, (record) => post({ _tag: "Log", record })),
    forCluster(
      init,
      loaded,
      links,
      forStorage(init, loaded, { ...links.destinations(), publish }, supervision.services(links.clients, agreed.places))
    )
  )
  let hosted: actors.Actors | undefined

  const live = Effect.gen(function*() {
    links.building.hold(loaded.holds)
    const provided = yield* links.building.by(
      { actor: undefined, isFirst: true },
      Effect.flatMap(
        layers.build(loaded.shared, memoMap, layerScope),
        (built) => telemetry.add(init.thread, built, layerScope)
      )
    )
    links.provide(provided)
    hosted = actors.make({
      thread: init.thread,
      instance: init.instance,
      incarnation: loaded.incarnation,
      endpoint: links,
      services: Context.merge(own, provided),
      memoMap,
      inFlight,
      kept: new Map(loaded.kept),
      closeMillis: init.closeMillis,
      scope,
      onKept: (actor, value) => post({ _tag: "Kept", actor, value }),
      publish
    }, loaded.implemented)
    post({ _tag: "Ready", mailboxes: yield* hosted.start })
    links.retirement?.begin(links.hosts.map(({ mailbox }) => mailbox))
    return yield* Effect.flatMap(hosted.failed, Effect.fail)
  })
  return {
    live: Effect.provideContext(live, own),
    // The children after all finalizers, which may know better how to end them.
    close: (how) =>
      Effect.suspend(() => hosted?.stop(how) ?? Effect.void).pipe(
        Effect.andThen(closeLayers),
        Effect.andThen(endChildren(init.closeMillis / 4)),
        Effect.provideContext(own)
      )
  } satisfies Hosting
})

/** Where the storage is, on its own thread: main's file, or the address that this thread's import has. */
const placeOf = (
  { storage }: ThreadInit,
  { imported: { cluster, storage: imported }, incarnation }: Pick<Loaded, "imported" | "incarnation">
): Place | undefined => {
  const isRestart = incarnation > 1
  if (storage?.kind === "sqlite") return { ...storage, isRestart }
  const isShared = cluster !== undefined
  return storage && imported?.kind === "postgres"
    ? { kind: "postgres", url: imported.url, isRestart, isShared }
    : undefined
}

/** With what the storage needs, on its own thread. */
const forStorage = (
  init: ThreadInit,
  loaded: Loaded,
  given: Parameters<typeof courier.make>[0],
  services: Context.Context<never>
): Context.Context<never> => {
  const place = placeOf(init, loaded)
  if (place === undefined || loaded.courier === undefined) return services
  const { Courier, make } = loaded.courier
  return Context.add(Context.add(services, Courier, make(given)), Place, place)
}

/** With what the cluster needs, on its own thread. */
const forCluster = (
  { thread }: ThreadInit,
  { courier, imported }: Loaded,
  links: Endpoint,
  services: Context.Context<never>
): Context.Context<never> => {
  if (thread !== clusterThread || courier === undefined) return services
  const membership = membershipOf(imported, services)
  const carrier = courier.make({ ...links.destinations(), publish: () => {} })
  return membership === undefined
    ? services
    : Context.add(Context.add(services, courier.Carrier, carrier), Membership, membership)
}
