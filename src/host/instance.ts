/**
 * One actor on its thread, over all its incarnations there: built, run, and after a failure built anew.
 *
 * ```text
 *   load module --> build in a scope --> run --- fails ---> callers told, scope closed, back-off --> build ...
 *        |               |                |                            |
 *        +---------------+--- fails ------|-----> thread fails <-------+ budget spent
 *                                         +-- stop --> drain, scope closed
 * ```
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Node } from "../link/node.ts"
import * as RestartPolicy from "../RestartPolicy.ts"
import type { SystemEvent } from "../SystemEvent.ts"
import { actorOptions } from "../topology.ts"
import { atMost } from "./atMost.ts"
import * as handling from "./handling.ts"

/** Why an actor, and with it its thread, can't go on. */
export interface Failure {
  readonly cause: ExitCause.ExitCause
  readonly fatal: boolean
}

/** The thread that actors are hosted on. */
export interface Site {
  readonly thread: string
  readonly incarnation: number
  readonly node: Node
  /** The clients of all actors, and `System`. */
  readonly services: Context.Context<never>
  readonly hands: handling.Hands
  /** What actors have kept, by actor; survives the thread by way of `onKept`. */
  readonly kept: Map<string, unknown>
  /** How long the finalizers of a failed actor may take. */
  readonly closeMillis: number
  readonly onKept: (actor: string, value: unknown) => void
  readonly publish: (event: SystemEvent) => void
}

export interface Instance {
  /** Completes when the actor is built for the first time. */
  readonly ready: Effect.Effect<void, Failure>
  /** Completes when the actor can't go on. */
  readonly failed: Effect.Effect<Failure>
  readonly stop: (how: Stop) => Effect.Effect<void>
}

/** How to stop: what was accepted is drained for at most `drainMillis`, or left to a thread that comes back. */
export interface Stop {
  readonly drainMillis: number
  readonly comesBack: boolean
}

type Options = ReturnType<typeof actorOptions>

export const start = Effect.fnUntraced(function*(
  site: Site,
  index: number,
  lazy: Actor.Lazy<unknown, unknown>
): Effect.fn.Return<Instance> {
  const { actor } = lazy
  const name = actor.actorName
  const { board, hosts } = site.node
  const mailbox = hosts[index]?.mailbox
  if (mailbox === undefined) return yield* Effect.die(new Error(`${name} is not an actor of thread ${site.thread}`))
  const ready = yield* Deferred.make<void, Failure>()
  const stopAsked = yield* Deferred.make<Stop>()
  const event = { thread: site.thread, incarnation: site.incarnation, actor: name }

  /** Builds the layer in a scope; the failure is the first of the build's own and what `Current.fail` was told. */
  const build = (layer: Layer.Layer<never, unknown, unknown>, scope: Scope.Scope, current: Actor.Current["Service"]) =>
    Layer.buildWithMemoMap(withoutServices(layer), Layer.makeMemoMapUnsafe(), scope).pipe(
      Effect.flatMap((built) => {
        const behavior = Context.getOption(built, Actor.implementationKey(name))
        return Option.isSome(behavior)
          ? Effect.try({
            try: () => ({ behavior: behavior.value, options: actorOptions(name, behavior.value.options) }),
            catch: (error) => error
          })
          : Effect.fail(new Error(`the default export of its module is not a layer made by ${name}.toLayer`))
      }),
      Effect.annotateLogs({ actor: name }),
      Effect.provideContext(Context.add(Context.add(site.services, Actor.Current, current), Scope.Scope, scope)),
      Effect.catchCause((cause) => Effect.fail<Failure>({ cause: buildFailed(name, cause), fatal: false }))
    )

  /** Runs the finalizers; false when they take too long. One that dies is logged and stops nothing. */
  const close = (scope: Scope.Closeable, exit: Exit.Exit<void>) =>
    atMost(
      site.closeMillis,
      Scope.close(scope, exit).pipe(
        Effect.catchCause((cause) => Effect.logError("a finalizer failed", cause)),
        Effect.annotateLogs({ actor: name })
      )
    )

  /** Tells whoever still waits in the mailbox that the actor stops, unless it comes back for them. */
  const dismiss = Effect.map(Deferred.await(stopAsked), ({ comesBack }) => {
    if (comesBack) return
    mailbox.close(() => {})
    mailbox.rejectWaiting(new ActorError.Stopping())
  })

  const lifetime = Effect.gen(function*() {
    const layer = yield* load(lazy)
    let history = RestartPolicy.noFailures
    let options: Options | undefined
    for (let incarnation = 1;; incarnation++) {
      const scope = Scope.makeUnsafe()
      const failed = yield* Deferred.make<Failure>()
      const current = makeCurrent(site, name, incarnation, failed)
      const built = yield* Effect.exit(
        build(layer, scope, current).pipe(
          Effect.raceFirst(Effect.flatMap(Deferred.await(failed), Effect.fail)),
          Effect.raceFirst(Effect.as(Deferred.await(stopAsked), undefined))
        )
      )
      let readyAtMillis: number | undefined
      let failure: Failure
      if (Exit.isSuccess(built)) {
        if (built.value === undefined) {
          yield* close(scope, Exit.void)
          return yield* dismiss
        }
        const { behavior } = built.value
        options = built.value.options
        const handlers = handling.make({
          actor,
          index,
          behavior,
          mailbox,
          board,
          hands: site.hands,
          onDefect: (cause) =>
            Deferred.doneUnsafe(failed, Exit.succeed({ cause: handling.defect(name, cause), fatal: false }))
        })
        mailbox.configure(options)
        if (options.health !== undefined) yield* Effect.forkIn(watch(name, options, failed), scope)
        readyAtMillis = yield* Clock.currentTimeMillis
        board.setState(index, "running")
        site.publish({ _tag: "ActorStarted", ...event, atMillis: readyAtMillis })
        Deferred.doneUnsafe(ready, Exit.void)
        mailbox.resume(handlers.handle)
        const ending = yield* Effect.raceFirst(
          Effect.map(Deferred.await(failed), Option.some),
          Effect.as(Deferred.await(stopAsked), Option.none<Failure>())
        )
        if (Option.isNone(ending)) {
          board.setState(index, "stopping")
          const { comesBack, drainMillis } = yield* Deferred.await(stopAsked)
          const idle = Effect.callback<void>((resume) => {
            const done = () => resume(Effect.void)
            return comesBack ? mailbox.halt(done) : mailbox.close(done)
          })
          yield* Effect.timeoutOption(idle, drainMillis)
          yield* dismiss
          yield* handlers.close(ExitCause.Requested.make({}))
          return void (yield* close(scope, Exit.void))
        }
        failure = ending.value
        mailbox.pause()
        yield* handlers.close(failure.cause)
      } else {
        failure = Option.getOrElse(Exit.findErrorOption(built), () => ({
          cause: buildFailed(name, built.cause),
          fatal: false
        }))
      }
      board.setState(index, "restarting")
      if (!(yield* close(scope, Exit.die(failure.cause)))) {
        const message = `its finalizers did not end within ${site.closeMillis} ms after: ${
          ExitCause.format(failure.cause)
        }`
        failure = { cause: ExitCause.Unhealthy.make({ actor: name, message }), fatal: failure.fatal }
        return yield* Effect.fail(failure)
      }
      const nowMillis = yield* Clock.currentTimeMillis
      site.publish({ _tag: "ActorFailed", ...event, atMillis: nowMillis, cause: failure.cause })
      // An actor that was never built fails its thread: that is a failed start, not a failed run.
      if (options === undefined) return yield* Effect.fail(failure)
      const decision = RestartPolicy.decide(options.restart, history, {
        readyAtMillis,
        nowMillis,
        failed: true,
        fatal: failure.fatal,
        random: yield* Random.next
      })
      if (decision._tag !== "Restart") return yield* Effect.fail(failure)
      history = decision.history
      const stopped = yield* Effect.raceFirst(
        Effect.as(Effect.sleep(decision.afterMillis), false),
        Effect.as(Deferred.await(stopAsked), true)
      )
      if (stopped) return yield* dismiss
    }
  })

  const ended = yield* Deferred.make<void, Failure>()
  yield* Effect.forkDetach(Effect.onExit(lifetime, (exit) => {
    board.setState(index, "stopped")
    const outcome = Exit.isFailure(exit)
      ? Exit.fail(
        Option.getOrElse(Exit.findErrorOption(exit), () => ({ cause: buildFailed(name, exit.cause), fatal: false }))
      )
      : Exit.void
    Deferred.doneUnsafe(ready, outcome)
    Deferred.doneUnsafe(ended, outcome)
    return Effect.void
  }))

  return {
    ready: Deferred.await(ready),
    failed: Effect.matchEffect(Deferred.await(ended), { onFailure: Effect.succeed, onSuccess: () => Effect.never }),
    stop: (how) => Effect.andThen(Deferred.succeed(stopAsked, how), Effect.ignore(Deferred.await(ended)))
  }
})

const makeCurrent = (
  site: Site,
  actor: string,
  incarnation: number,
  failed: Deferred.Deferred<Failure>
): Actor.Current["Service"] => ({
  actor,
  thread: site.thread,
  incarnation,
  fail: (cause, { fatal }) =>
    Effect.suspend(() => {
      const failure = fatal
        ? { cause: ExitCause.Fatal.make({ actor, ...ExitCause.describeCause(cause) }), fatal }
        : { cause: handling.defect(actor, cause), fatal }
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

/** Fails the actor when its health check fails, dies, or has not returned when the next is due. */
const watch = (actor: string, options: Options, failed: Deferred.Deferred<Failure>): Effect.Effect<void> =>
  Effect.asVoid(Effect.forever(Effect.gen(function*() {
    yield* Effect.sleep(options.everyMillis)
    const check = yield* Effect.exit(Effect.timeoutOption(options.health ?? Effect.void, options.everyMillis))
    const message = Exit.isFailure(check)
      ? ExitCause.describeCause(check.cause).message
      : Option.isNone(check.value)
      ? `its health check did not return within ${options.everyMillis} ms`
      : undefined
    if (message === undefined) return
    Deferred.doneUnsafe(failed, Exit.succeed({ cause: ExitCause.Unhealthy.make({ actor, message }), fatal: false }))
    return yield* Effect.never
  })))

/** Imports the module that implements an actor. */
const load = (lazy: Actor.Lazy<unknown, unknown>): Effect.Effect<Layer.Layer<never, unknown, unknown>, Failure> =>
  Effect.tryPromise({ try: () => lazy.load(), catch: (error) => error }).pipe(
    Effect.flatMap(({ default: layer }) =>
      Layer.isLayer(layer)
        ? Effect.succeed(layer)
        : Effect.fail(
          new Error(`the default export of its module is not a layer made by ${lazy.actor.actorName}.toLayer`)
        )
    ),
    Effect.catchCause((cause) => Effect.fail({ cause: buildFailed(lazy.actor.actorName, cause), fatal: false }))
  )

const buildFailed = (actor: string, cause: Cause.Cause<unknown>): ExitCause.ExitCause =>
  ExitCause.BuildFailed.make({ actor, ...ExitCause.describeCause(cause) })

/** `System.make` has checked that the system has every actor a layer asks for; a `Lazy` has forgotten which. */
const withoutServices = (layer: Layer.Layer<never, unknown, unknown>) => layer as Layer.Layer<never, unknown>
