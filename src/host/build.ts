/**
 * Builds an actor from its layer.
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Actor from "../Actor.ts"
import { Incarnation } from "../base/logLine.ts"
import { keyedOptions } from "../control/keyOptions.ts"
import { actorOptions } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { listOf, Sender } from "../link/sender.ts"
import { flattenerFor, inFlatContext } from "./flatContext.ts"
import type { Failure, HostContext } from "./hostContext.ts"
import type { Journal } from "./journal.ts"
import { defect } from "./outcome.ts"

/** The options of an actor, checked and with their defaults. */
export type Options = ReturnType<typeof actorOptions>

/** What the layer of an actor has built. */
export interface Built {
  readonly behavior: Actor.Behavior
  readonly options: Options
  /** The options of its keys, if it is a keyed actor. */
  readonly keyed: ReturnType<typeof keyedOptions> | undefined
}

/** Builds an actor in a scope. Whatever goes wrong is a failure with the cause `BuildFailed`. */
export const build = (
  name: string,
  layer: Layer.Layer<never, unknown, unknown>,
  { memoMap, services }: HostContext,
  scope: Scope.Scope,
  current: Actor.Current["Service"]
): Effect.Effect<Built, Failure> =>
  Layer.buildWithMemoMap(withoutServices(layer), memoMap, scope).pipe(
    (building) => inFlatContext(building, flattenerFor(services)),
    Effect.flatMap((built) => {
      const behavior = Context.getOption(built, Actor.implementationKey(name))
      return Option.isNone(behavior)
        ? Effect.fail(new Error(`the default export of its module is not a layer made by ${name}.toLayer`))
        : Effect.try({
          try: () => ({
            behavior: behavior.value,
            options: actorOptions(name, behavior.value.options),
            keyed: behavior.value.keyed && keyedOptions(name, behavior.value.keyed.options)
          }),
          catch: (error) => error
        })
    }),
    Effect.annotateLogs({ actor: name }),
    Effect.provideService(Incarnation, current.incarnation),
    Effect.provideService(Metric.CurrentMetricAttributes, { actor: name }),
    Effect.provideService(Actor.Current, current),
    Effect.provideService(Sender, listOf(name)),
    Effect.provideService(Scope.Scope, scope),
    Effect.catchCause((cause) => Effect.fail(buildFailed(name, cause)))
  )

/** Makes what an actor knows about itself. `failed` is how it ends its incarnation. */
export const makeCurrent = (
  host: HostContext,
  actor: string,
  incarnation: number,
  failed: Deferred.Deferred<Failure>,
  journal: Pick<Journal, "keeps">
): Actor.Current["Service"] => ({
  actor,
  thread: host.thread,
  instance: { index: host.instance.index, count: host.instance.count },
  incarnation,
  fail: (cause, { fatal }) =>
    Effect.suspend(() => {
      const failure: Failure = fatal
        ? { cause: ExitCause.Fatal.make({ actor, ...ExitCause.describeCause(cause) }), fatal }
        : { cause: defect(actor, cause), fatal }
      Deferred.doneUnsafe(failed, Exit.succeed(failure))
      return Effect.never
    }),
  kept: {
    read: Effect.sync(() => Option.fromUndefinedOr(host.kept.get(actor))),
    write: (value) =>
      Effect.sync(() => {
        host.kept.set(actor, value)
        host.onKept(actor, value)
      }),
    show: (show) => journal.keeps(show)
  }
})

/** The failure of an actor that could not be built. */
export const buildFailed = (actor: string, cause: Cause.Cause<unknown>): Failure => ({
  cause: ExitCause.BuildFailed.make({ actor, ...ExitCause.describeCause(cause) }),
  fatal: false
})

/** `System.make` has checked that the system has every actor a layer asks for; a `Lazy` has forgotten which. */
const withoutServices = (layer: Layer.Layer<never, unknown, unknown>) => layer as Layer.Layer<never, unknown>
