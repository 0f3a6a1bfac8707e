/**
 * One incarnation of an actor: its layer built in a scope, its messages handled, its scope closed, whatever happens.
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import { actorOptions } from "../control/topology.ts"
import * as ExitCause from "../ExitCause.ts"
import { atMost, patience } from "../loop/atMost.ts"
import * as monotonic from "../loop/monotonic.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import * as dispatcher from "./dispatcher.ts"
import { flattenerFor, inFlatContext } from "./flatContext.ts"
import type { Failure, HostContext, Stop } from "./hostContext.ts"
import type { Mailbox } from "./mailbox.ts"
import { defect } from "./outcome.ts"

type Options = ReturnType<typeof actorOptions>

/** When an incarnation was built, and with which options. */
interface Ready {
  readonly at: monotonic.Moment
  readonly options: Options
}

/** How an incarnation ended. */
export type End =
  | { readonly _tag: "Stopped" }
  | {
    readonly _tag: "Failed"
    readonly failure: Failure
    /** When it was last known to be well. */
    readonly wellUntil: monotonic.Moment
    /** When it was built, and with which options; nothing when it never was. */
    readonly ready: Ready | undefined
  }

/** Builds the actor and runs it until it fails or `stopAsked` is done. */
export const run = Effect.fnUntraced(function*(given: {
  readonly site: HostContext
  readonly actor: Actor.Any
  /** The actor's position on its thread. */
  readonly index: number
  readonly layer: Layer.Layer<never, unknown, unknown>
  readonly mailbox: Mailbox
  readonly incarnation: number
  readonly stopAsked: Deferred.Deferred<Stop>
  readonly onReady: () => void
}): Effect.fn.Return<End> {
  const { actor, incarnation, index, layer, mailbox, onReady, site, stopAsked } = given
  const name = actor.actorName
  const { block } = site.endpoint
  const scope = Scope.makeUnsafe()
  const failed = yield* Deferred.make<Failure>()
  const stopped: End = { _tag: "Stopped" }
  let handlers: dispatcher.Dispatcher | undefined
  let ready: Ready | undefined

  /** Ends what runs and closes the scope. A finalizer that dies stops nothing. */
  const close = (cause: ExitCause.ExitCause, exit: Exit.Exit<void>): Effect.Effect<void> =>
    Effect.suspend(() => Effect.andThen(handlers?.close(cause) ?? Effect.void, Scope.close(scope, exit))).pipe(
      Effect.catchCause((cause) => Effect.logError("a finalizer failed", cause)),
      Effect.annotateLogs({ actor: name })
    )

  const live = Effect.gen(function*(): Effect.fn.Return<End, Failure> {
    const built = yield* site.endpoint.building.by(
      { actor: index, isFirst: incarnation === 1 },
      build(name, layer, site, scope, makeCurrent(site, name, incarnation, failed))
    )
    const { behavior, options } = built
    handlers = dispatcher.make({
      actor,
      index,
      behavior,
      mailbox,
      block,
      inFlight: site.inFlight,
      flatten: flattenerFor(site.services),
      onDefect: (cause) =>
        Deferred.doneUnsafe(failed, Exit.succeed<Failure>({ cause: defect(name, cause), fatal: false }))
    })
    mailbox.configure(options)
    if (options.health !== undefined) yield* Effect.forkIn(watch(name, options.health, block, failed), scope)
    ready = { at: yield* monotonic.now, options }
    block.setState(index, "running")
    onReady()
    mailbox.resume(handlers.handle)
    return yield* Effect.never
  })

  const ending = yield* live.pipe(
    Effect.raceFirst(Effect.flatMap(Deferred.await(failed), Effect.fail)),
    Effect.raceFirst(Effect.as(Deferred.await(stopAsked), stopped)),
    Effect.exit,
    Effect.onInterrupt(() => close(ExitCause.Requested.make({}), Exit.void))
  )

  if (Exit.isSuccess(ending)) {
    block.setState(index, "stopping")
    const drained = handlers === undefined ? Effect.void : drain(mailbox, yield* Deferred.await(stopAsked))
    // However long it takes: the thread says that it has stopped when it has, and the supervisor has the deadline.
    yield* Effect.ensuring(drained, close(ExitCause.Requested.make({}), Exit.void))
    return stopped
  }
  const failure = Option.getOrElse(Exit.findErrorOption(ending), () => buildFailed(name, ending.cause))
  const wellUntil = failure.wellUntil ?? monotonic.plus(yield* monotonic.now, -block.unmovedMillis())
  block.setState(index, "restarting")
  mailbox.pause()
  const closed = atMost(site.closeMillis, close(failure.cause, Exit.die(failure.cause)), block.isDebugged)
  if (yield* Effect.uninterruptible(closed)) {
    return { _tag: "Failed", failure, wellUntil, ready }
  }
  // Its resources are still held: only the end of the thread frees them for the next incarnation.
  const message = `its finalizers did not end within ${site.closeMillis} ms after: ${ExitCause.format(failure.cause)}`
  const stuck = { cause: ExitCause.Unhealthy.make({ actor: name, message }), fatal: failure.fatal }
  return { _tag: "Failed", failure: stuck, wellUntil, ready: undefined }
})

/** Handles what was accepted, for a while; what then waits is told, unless the thread comes back for it. */
const drain = Effect.fnUntraced(function*(mailbox: Mailbox, { comesBack, drainMillis }: Stop) {
  const idle = Effect.callback<void>((resume) => {
    const done = () => resume(Effect.void)
    return comesBack ? mailbox.halt(done) : mailbox.close(done)
  })
  yield* Effect.timeoutOption(idle, drainMillis)
  if (!comesBack) mailbox.rejectWaiting(new ActorError.Stopping())
})

const build = (
  name: string,
  layer: Layer.Layer<never, unknown, unknown>,
  { memoMap, services }: HostContext,
  scope: Scope.Scope,
  current: Actor.Current["Service"]
): Effect.Effect<{ readonly behavior: Actor.Behavior; readonly options: Options }, Failure> =>
  Layer.buildWithMemoMap(withoutServices(layer), memoMap, scope).pipe(
    (building) => inFlatContext(building, flattenerFor(services)),
    Effect.flatMap((built) => {
      const behavior = Context.getOption(built, Actor.implementationKey(name))
      return Option.isNone(behavior)
        ? Effect.fail(new Error(`the default export of its module is not a layer made by ${name}.toLayer`))
        : Effect.try({
          try: () => ({ behavior: behavior.value, options: actorOptions(name, behavior.value.options) }),
          catch: (error) => error
        })
    }),
    Effect.annotateLogs({ actor: name }),
    Effect.provideService(Metric.CurrentMetricAttributes, { actor: name }),
    Effect.provideService(Actor.Current, current),
    Effect.provideService(Scope.Scope, scope),
    Effect.catchCause((cause) => Effect.fail(buildFailed(name, cause)))
  )

const makeCurrent = (
  site: HostContext,
  actor: string,
  incarnation: number,
  failed: Deferred.Deferred<Failure>
): Actor.Current["Service"] => ({
  actor,
  thread: site.thread,
  instance: { index: site.instance.index, count: site.instance.count },
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
    read: Effect.sync(() => Option.fromUndefinedOr(site.kept.get(actor))),
    write: (value) =>
      Effect.sync(() => {
        site.kept.set(actor, value)
        site.onKept(actor, value)
      })
  }
})

/**
 * Fails the actor when its health check fails, dies, or has not returned when the next is due. While a debugger may stop
 * threads, checks are late and fail because of that: it is said, and nothing else.
 */
const watch = (
  actor: string,
  { check, everyMillis }: NonNullable<Options["health"]>,
  block: StatusBlock,
  failed: Deferred.Deferred<Failure>
): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (let wellUntil = yield* monotonic.now;;) {
      yield* Effect.sleep(everyMillis)
      // Not `Effect.timeout`, which would wait for a check that hangs where it can't be interrupted.
      const fiber = yield* Effect.forkDetach(check)
      const ended = yield* Effect.raceFirst(Fiber.await(fiber), Effect.as(patience(everyMillis), undefined)).pipe(
        Effect.ensuring(Effect.sync(() => fiber.interruptUnsafe()))
      )
      const message = ended === undefined
        ? `it did not return within ${everyMillis} ms`
        : Exit.isFailure(ended)
        ? ExitCause.describeCause(ended.cause).message
        : undefined
      if (message === undefined) wellUntil = yield* monotonic.now
      else if (block.isDebugged()) yield* Effect.logWarning(`${message}; not acted on while an inspector listens`)
      else {
        const cause = ExitCause.Unhealthy.make({ actor, message })
        return void Deferred.doneUnsafe(failed, Exit.succeed({ cause, fatal: false, wellUntil }))
      }
    }
  })

export const buildFailed = (actor: string, cause: Cause.Cause<unknown>): Failure => ({
  cause: ExitCause.BuildFailed.make({ actor, ...ExitCause.describeCause(cause) }),
  fatal: false
})

/** `System.make` has checked that the system has every actor a layer asks for; a `Lazy` has forgotten which. */
const withoutServices = (layer: Layer.Layer<never, unknown, unknown>) => layer as Layer.Layer<never, unknown>
