/**
 * One actor on its thread, over all its incarnations there: built, run, and built again after a failure.
 *
 * ```text
 *   load module --> begin --> incarnation --- fails ---> back-off --> incarnation ...
 *        |                         |    |                   |
 *        | fails                   |    +-- stopped         | budget spent
 *        v                         v never built            v
 *      the thread fails <-----------------------------------+
 * ```
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import { defaultExportOf, insteadOf } from "../base/loadModule.ts"
import * as importing from "../control/importing.ts"
import type { Moment } from "../loop/monotonic.ts"
import { once } from "../loop/once.ts"
import * as RestartPolicy from "../RestartPolicy.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import { buildFailed } from "./build.ts"
import type { AnyMailbox } from "./endpoint.ts"
import type { Failure, HostContext, Stop } from "./hostContext.ts"
import * as incarnation from "./incarnation.ts"
import { type Serve, serve } from "./serving.ts"

type ActorFailed = Extract<SystemEvent, { readonly _tag: "ActorFailed" }>

/** An actor that was started, over all its incarnations on this thread. */
export interface Instance {
  /** Completes when the actor is built for the first time. */
  readonly ready: Effect.Effect<void, Failure>
  /** Completes when the actor can't go on. */
  readonly failed: Effect.Effect<Failure>
  readonly stop: (how: Stop) => Effect.Effect<void>
}

/** An actor, and the layer that implements it. */
export interface Implemented {
  readonly actor: Actor.Any
  readonly layer: Layer.Layer<never, unknown, unknown>
  /** What handles its messages. */
  readonly serve: Serve
}

/** An actor on its thread, and what its life has to report. */
interface Given extends Implemented {
  readonly host: HostContext
  /** The actor's position on its thread. */
  readonly index: number
  readonly mailbox: AnyMailbox
  readonly stopAsked: Deferred.Deferred<Stop>
  readonly onReady: () => void
}

/** Starts an actor in the scope of its host. It is built, run and restarted until it stops or can't go on. */
export const start = Effect.fnUntraced(function*(
  host: HostContext,
  index: number,
  { actor, layer, serve }: Implemented
): Effect.fn.Return<Instance> {
  const name = actor.actorName
  const { block, hosts } = host.endpoint
  const mailbox = hosts[index]?.mailbox
  if (mailbox === undefined) return yield* Effect.die(new Error(`${name} is not an actor of thread ${host.thread}`))
  const ready = yield* Deferred.make<void, Failure>()
  const ended = yield* Deferred.make<void, Failure>()
  const stopAsked = yield* Deferred.make<Stop>()
  const onReady = () => Deferred.doneUnsafe(ready, Exit.void)

  const life = Effect.onExit(live({ host, index, actor, layer, serve, mailbox, stopAsked, onReady }), (exit) => {
    block.setState(index, "stopped")
    const outcome = Exit.isSuccess(exit)
      ? Exit.void
      : Exit.fail(Option.getOrElse(Exit.findErrorOption(exit), () => buildFailed(name, exit.cause)))
    Deferred.doneUnsafe(ready, outcome)
    Deferred.doneUnsafe(ended, outcome)
    return Effect.void
  })
  yield* Effect.forkIn(life, host.scope)

  return {
    ready: Deferred.await(ready),
    failed: Effect.matchEffect(Deferred.await(ended), { onFailure: Effect.succeed, onSuccess: () => Effect.never }),
    stop: (how) =>
      Deferred.succeed(stopAsked, how).pipe(
        Effect.andThen(Effect.ignore(Deferred.await(ended))),
        Effect.andThen(Effect.sync(() => {
          if (how.comesBack) return
          // Whatever stage the actor was in: nobody waits for it any more.
          mailbox.close(() => {})
          mailbox.rejectWaiting(new ActorError.Stopping())
        }))
      )
  }
})

/** Runs one incarnation after the other, and completes when one has stopped. Fails when the thread has to help. */
const live = Effect.fnUntraced(function*(
  { actor, host, index, layer, mailbox, onReady, serve, stopAsked }: Given
): Effect.fn.Return<void, Failure> {
  const event = { thread: host.thread, incarnation: host.incarnation, actor: actor.actorName }
  let history = RestartPolicy.noFailures
  const clock = yield* Clock.Clock
  for (let count = 1;; count++) {
    const end = yield* incarnation.run({
      host,
      actor,
      index,
      layer,
      serve,
      mailbox,
      incarnation: count,
      stopAsked,
      onReady() {
        host.publish({
          _tag: "ActorStarted",
          ...event,
          actorIncarnation: count,
          atMillis: clock.currentTimeMillisUnsafe()
        })
        onReady()
      }
    })
    if (end._tag === "Stopped") return
    const publish = (restart?: ActorFailed["restart"]): void => {
      const [atMillis, { cause }] = [clock.currentTimeMillisUnsafe(), end.failure]
      host.publish({ _tag: "ActorFailed", ...event, atMillis, cause, actorIncarnation: count, restart })
    }
    // Failures in a row are one time in which the thread was not well, however long that is.
    const failed = (wellUntil: Moment | undefined) =>
      Effect.suspend(() => {
        publish()
        return Effect.fail({ ...end.failure, wellUntil })
      })
    // Not built, or not closed: the thread has to help.
    if (end.ready === undefined) return yield* failed(history.wellUntil ?? end.wellUntil)
    const decision = RestartPolicy.decide(end.ready.options.restart, history, {
      readyAt: end.ready.at,
      wellUntil: end.wellUntil,
      failed: true,
      fatal: end.failure.fatal,
      random: yield* Random.next
    })
    if (decision._tag === "GiveUp") return yield* failed(decision.history.wellUntil)
    if (decision._tag === "Rest") return yield* failed(end.wellUntil)
    history = decision.history
    const { failures } = history
    publish({ afterMillis: decision.afterMillis, failures, limit: end.ready.options.restart.failures })
    const stopped = yield* Effect.raceFirst(
      Effect.as(Effect.sleep(decision.afterMillis), false),
      Effect.as(Deferred.await(stopAsked), true)
    )
    if (stopped) return
  }
})

const keyedServe = once(async () => (await import("./keyedServing.ts")).serve)

/** Imports the module that implements an actor, and what handles its messages. */
export const load = (
  { actor, load }: Actor.Lazy<unknown, unknown>
): Effect.Effect<Implemented, Failure> =>
  Effect.tryPromise({ try: async (): Promise<unknown> => await importing.during(load), catch: (error) => error }).pipe(
    Effect.flatMap((module) => {
      const layer = defaultExportOf(module, Layer.isLayer)
      return layer !== undefined ? implement(actor, layer) : Effect.fail(
        new Error(
          `the default export of its module is not a layer made by ${actor.actorName}.toLayer: ${insteadOf(module)}`
        )
      )
    }),
    Effect.catchCause((cause) => Effect.fail(buildFailed(actor.actorName, cause)))
  )

/** An actor, its layer, and what handles the messages of such an actor. */
export const implement = (
  actor: Actor.Any,
  layer: Layer.Layer<never, unknown, unknown>
): Effect.Effect<Implemented> =>
  Effect.map(
    actor.keys === undefined ? Effect.succeed(serve) : keyedServe,
    (serve) => ({ actor, layer, serve })
  )
