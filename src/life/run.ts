/**
 * One thread's life: loads what it needs, waits for the word to begin, hosts the thread's actors, and says how they are.
 *
 * It knows no `Worker`: the real thread's entry and the simulated threads of `Testing` both run it.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { MessagePort } from "node:worker_threads"
import { Stopping } from "../ActorError.ts"
import { agree, hostedBy } from "../control/agreement.ts"
import type { Logging, LogRecord } from "../control/logRecord.ts"
import type { Beginning, ThreadInit, ToSupervisor, ToThread } from "../control/protocol.ts"
import * as supervision from "../control/supervisorActor.ts"
import type { Topology } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import * as actors from "../host/actors.ts"
import * as endpoint from "../host/endpoint.ts"
import type { Failure, Stop } from "../host/hostContext.ts"
import * as inFlight from "../host/inFlight.ts"
import * as layers from "../host/layers.ts"
import * as hostWaits from "../host/waits.ts"
import type { LinkEnd } from "../link/endpoint.ts"
import { atMost } from "../loop/atMost.ts"
import * as monotonic from "../loop/monotonic.ts"
import type { After } from "../loop/timeouts.ts"
import type { Fault } from "../Status.ts"

/** What surrounds the thread. */
export interface Surroundings {
  readonly topology: Effect.Effect<Topology, Failure>
  readonly post: (message: ToSupervisor) => void
  readonly listen: (receive: (message: ToThread) => void) => void
  readonly after: After
  /** Takes this thread's end of a link. */
  readonly connect: (port: MessagePort) => LinkEnd["connect"]
  readonly inject: (fault: Fault) => void
  readonly beat: (tell: boolean) => void
  /** Ends the thread's child processes: asked first, and killed after this time. */
  readonly endChildren: (graceMillis: number) => Effect.Effect<void>
  /** The loggers and the level of the thread, unless its layers provide others. */
  readonly logging: (logging: Logging, post: (record: LogRecord) => void) => Context.Context<never>
  /** Makes the thread quicker to begin, in time that nobody waits for. */
  readonly rehearse: () => void
  /** Calls `f` right before the thread ends from within, by whatever error. */
  readonly atExit: (f: () => void) => void
}

/** The config module is not what this thread needs. */
const loadFailed = ({ module, thread }: ThreadInit, message: string, stack = ""): Failure => ({
  cause: ExitCause.LoadFailed.make({ thread, module, message, stack }),
  fatal: false
})

export const run = (
  init: ThreadInit,
  { after, atExit, beat, connect, endChildren, inject, listen, logging, post, rehearse, topology }: Surroundings
) =>
  Effect.gen(function*() {
    // What the supervisor says while the config module is still being imported waits here.
    const early: Array<ToThread> = []
    let receive = (message: ToThread): void => void early.push(message)
    listen((message) => receive(message))

    const begun = yield* Deferred.make<Beginning>()
    const stopAsked = yield* Deferred.make<Stop>()
    const imported = yield* topology
    const agreed = agree(init, imported)
    if ("problem" in agreed) return yield* Effect.fail(loadFailed(init, agreed.problem))
    const links = endpoint.make({
      places: agreed.places,
      strangers: agreed.strangers,
      self: init.thread,
      block: init.block,
      after,
      remains: init.remains,
      onDeadLetter: (letter) => post({ _tag: "Event", event: supervision.deadLetter(Date.now(), letter) }),
      onLost: (sender, losses) => {
        for (const event of supervision.lostLetters(Date.now(), agreed.places, sender, losses)) {
          post({ _tag: "Event", event })
        }
      }
    })
    // What was accepted in this turn still arrives.
    atExit(() => links.flush())
    yield* Effect.addFinalizer(() => Effect.sync(() => links.close()))
    const scope = yield* Effect.scope
    let waits: hostWaits.HostWaits | undefined
    /** Fails the asks that were taken back. */
    let failTaken: (() => void) | undefined
    receive = (message) => {
      switch (message._tag) {
        case "Begin":
          return void Deferred.doneUnsafe(begun, Exit.succeed(message.beginning))
        case "Rehearse":
          return rehearse()
        case "Link": {
          const { port, ...link } = message.link
          return links.connect({ ...link, connect: connect(port) })
        }
        case "PeerReady":
          return links.ready(message.peer, message.incarnation, message.mailboxes)
        case "PeerStopping":
          return links.stopping(message.peer, message.comesBack)
        case "PeerLost":
          return links.lost(message.peer, message.incarnation, message.cause)
        case "PeerGone":
          return links.gone(message.peer, message.why)
        case "PeerExpected":
          return links.expected(message.peer)
        case "Stop":
          links.drain()
          return void Deferred.doneUnsafe(stopAsked, Exit.succeed(message))
        case "Inject":
          return inject(message.fault)
        case "Waits":
          return post({ _tag: "Waiting", round: message.round, waits: waits?.report() ?? hostWaits.none })
        case "Withdraw":
          failTaken = waits?.takeBack(message.asks)
          return post({ _tag: "Withdrawn", round: message.round })
        case "Break":
          failTaken?.()
          failTaken = undefined
          return
        case "Beat":
          return beat(message.tell)
      }
    }
    for (const message of early) receive(message)

    const childrenEnd = endChildren(init.closeMillis / 4)
    const load = Effect.gen(function*() {
      const shared = yield* layers.load(imported, init.thread, init.instance.name)
      const implemented = yield* actors.load(agreed.actors)
      post({ _tag: "Loaded", hosts: hostedBy(agreed) })
      const beginning = yield* Deferred.await(begun)
      return { shared, implemented, ...beginning }
    })
    const loaded = yield* Effect.raceFirst(load, Effect.as(Deferred.await(stopAsked), undefined))
    if (loaded === undefined) {
      yield* childrenEnd
      return post({ _tag: "Stopped" })
    }

    const memoMap = Layer.makeMemoMapUnsafe()
    // Closed after the actors, some of which have it in use.
    const layerScope = yield* Scope.make()
    const closeLayers = Scope.close(layerScope, Exit.void).pipe(
      Effect.catchCause((cause) => Effect.logError("a finalizer of a layer failed", cause))
    )
    yield* Effect.addFinalizer(() => closeLayers)
    const own = Context.merge(
      logging(loaded.logging, (record) => post({ _tag: "Log", record })),
      supervision.services(links.clients)
    )
    let hosted: actors.Actors | undefined
    const handling = inFlight.make(links.block)
    waits = hostWaits.make({ endpoint: links, inFlight: handling, after, onBlocked: () => post({ _tag: "Blocked" }) })

    const live = Effect.gen(function*() {
      links.building.hold(loaded.holds)
      const provided = yield* links.building.by(
        { actor: undefined, isFirst: true },
        layers.build(loaded.shared, memoMap, layerScope)
      )
      links.provide(provided)
      hosted = actors.make({
        thread: init.thread,
        instance: init.instance,
        incarnation: loaded.incarnation,
        endpoint: links,
        services: Context.merge(own, provided),
        memoMap,
        inFlight: handling,
        kept: new Map(loaded.kept),
        closeMillis: init.closeMillis,
        scope,
        onKept: (actor, value) => post({ _tag: "Kept", actor, value }),
        publish: (event) => post({ _tag: "Event", event })
      }, loaded.implemented)
      post({ _tag: "Ready", mailboxes: yield* hosted.start })
      return yield* Effect.flatMap(hosted.failed, Effect.fail)
    })
    // The children after all finalizers, which may know better how to end them.
    const close = (how: Stop) =>
      (hosted?.stop(how) ?? Effect.void).pipe(Effect.andThen(closeLayers), Effect.andThen(childrenEnd))

    const leave = (): void => {
      links.abandon(new Stopping())
      links.drain()
    }
    yield* live.pipe(
      Effect.raceFirst(Deferred.await(stopAsked)),
      // The other actors of a thread that fails end in order too, their messages left to the next incarnation.
      Effect.tapError(() =>
        Effect.andThen(
          atMost(init.closeMillis, Effect.suspend(() => close({ drainMillis: init.closeMillis / 2, comesBack: true }))),
          Effect.sync(leave)
        )
      ),
      Effect.flatMap((stop) => close(stop)),
      Effect.provideContext(own)
    )
    // The last answers go first, here and above: the receiver of the end may end this thread before this turn is over.
    leave()
    post({ _tag: "Stopped" })
  }).pipe(
    Effect.catch(({ cause, fatal, wellUntil }) =>
      Effect.map(monotonic.now, (now) => {
        const unwellMillis = wellUntil === undefined ? 0 : Math.max(0, now - wellUntil)
        return post({ _tag: "Failing", cause, fatal, unwellMillis })
      })
    )
  )
