/**
 * One incarnation of an actor: its layer is built in a scope, its messages are handled, its scope is closed, whatever happens.
 *
 * ```text
 *   build ---> serve ---> stop asked: drain the mailbox, close ---> Stopped
 *     |          |
 *     |          +------> a defect, a failed check, Actor.fatal ---+
 *     |                                                            v
 *     +---------------------------------------------------> pause the mailbox, close ---> Failed
 * ```
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as ExitCause from "../ExitCause.ts"
import { atMost } from "../loop/atMost.ts"
import * as monotonic from "../loop/monotonic.ts"
import { build, buildFailed, makeCurrent, type Options } from "./build.ts"
import type { AnyMailbox } from "./endpoint.ts"
import { watch } from "./healthCheck.ts"
import type { Failure, HostContext, Stop } from "./hostContext.ts"
import { defect } from "./outcome.ts"
import type { Serve, Serving } from "./serving.ts"

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
    /** When the actor was last known to be well. */
    readonly wellUntil: monotonic.Moment
    /** When it was built, and with which options; nothing if it never was, or could not be closed. */
    readonly ready: Ready | undefined
  }

/** What an incarnation is made of. */
export interface Given {
  readonly host: HostContext
  readonly actor: Actor.Any
  /** The actor's position on its thread. */
  readonly index: number
  readonly layer: Layer.Layer<never, unknown, unknown>
  readonly serve: Serve
  readonly mailbox: AnyMailbox
  /** Counts the incarnations of the actor on its thread, from 1. */
  readonly incarnation: number
  readonly stopAsked: Deferred.Deferred<Stop>
  readonly onReady: () => void
}

/** An incarnation, and how far it has got. */
interface Incarnation extends Given {
  readonly scope: Scope.Closeable
  /** Done when the actor can't be trusted any more. */
  readonly failed: Deferred.Deferred<Failure>
  serving: Serving | undefined
  ready: Ready | undefined
}

/** Builds the actor and runs it until it fails or `stopAsked` is done. */
export const run = (given: Given): Effect.Effect<End> =>
  Effect.suspend(() => {
    const own: Incarnation = {
      ...given,
      scope: Scope.makeUnsafe(),
      failed: Deferred.makeUnsafe<Failure>(),
      serving: undefined,
      ready: undefined
    }
    return live(own).pipe(
      Effect.raceFirst(Effect.flatMap(Deferred.await(own.failed), Effect.fail)),
      Effect.raceFirst(Deferred.await(own.stopAsked)),
      Effect.exit,
      Effect.onInterrupt(() => close(own, ExitCause.Requested.make({}), Exit.void)),
      Effect.flatMap((exit) => Exit.isSuccess(exit) ? stop(own, exit.value) : fail(own, exit.cause))
    )
  })

/** Builds the actor, then handles messages and never completes. */
const live = (own: Incarnation): Effect.Effect<never, Failure> =>
  Effect.gen(function*() {
    const { actor, failed, host, incarnation, index, mailbox, scope, serve } = own
    const name = actor.actorName
    const { block, building } = host.endpoint
    const built = yield* building.by(
      { actor: index, isFirst: incarnation === 1 },
      build(
        name,
        own.layer,
        host,
        scope,
        makeCurrent(host, name, incarnation, failed, host.inFlight.journalOf(index, actor))
      )
    )
    const { options } = built
    const handling = own.serving = serve({
      host,
      actor,
      index,
      mailbox,
      built,
      onDefect: (cause) =>
        Deferred.doneUnsafe(failed, Exit.succeed<Failure>({ cause: defect(name, cause), fatal: false }))
    })
    if (options.health !== undefined) yield* Effect.forkIn(watch(name, options.health, block, failed), scope)
    own.ready = { at: yield* monotonic.now, options }
    block.setState(index, "running")
    own.onReady()
    handling.resume()
    yield* Effect.forkIn(handling.after, scope)
    return yield* Effect.never
  })

/** Ends in order. It may take as long as it likes: the supervisor has the deadline, and waits for the thread's `Stopped`. */
const stop = (own: Incarnation, how: Stop): Effect.Effect<End> =>
  Effect.suspend(() => {
    own.host.endpoint.block.setState(own.index, "stopping")
    const drained = own.serving === undefined ? Effect.void : drain(own.mailbox, how)
    return Effect.as(
      Effect.ensuring(drained, close(own, how.cause ?? ExitCause.Requested.make({}), Exit.void)),
      { _tag: "Stopped" }
    )
  })

/** Ends after a failure. If the scope can't be closed in time, only the end of the thread frees what the actor holds. */
const fail = Effect.fnUntraced(function*(own: Incarnation, cause: Cause.Cause<Failure>): Effect.fn.Return<End> {
  const { actor, host: { closeMillis, endpoint: { block } }, index, mailbox, ready } = own
  const failure = Option.getOrElse(Cause.findErrorOption(cause), () => buildFailed(actor.actorName, cause))
  const wellUntil = failure.wellUntil ?? monotonic.plus(yield* monotonic.now, -block.unmovedMillis())
  block.setState(index, "restarting")
  mailbox.pause()
  const closed = atMost(closeMillis, close(own, failure.cause, Exit.die(failure.cause)), () => block.isDebugged())
  if (yield* Effect.uninterruptible(closed)) return { _tag: "Failed", failure, wellUntil, ready }
  const message = `its finalizers did not end within ${closeMillis} ms after: ${ExitCause.format(failure.cause)}`
  const stuck = { cause: ExitCause.Unhealthy.make({ actor: actor.actorName, message }), fatal: failure.fatal }
  return { _tag: "Failed", failure: stuck, wellUntil, ready: undefined }
})

/** Ends the handlers and closes the scope. A finalizer that dies stops nothing. */
const close = (own: Incarnation, cause: ExitCause.ExitCause, exit: Exit.Exit<void>): Effect.Effect<void> =>
  Effect.suspend(() => Effect.andThen(own.serving?.close(cause) ?? Effect.void, Scope.close(own.scope, exit))).pipe(
    Effect.catchCause((cause) => Effect.logError("a finalizer failed", cause)),
    Effect.annotateLogs({ actor: own.actor.actorName })
  )

/** Handles accepted messages for a while, then rejects those that still wait, unless the thread comes back for them. */
const drain = Effect.fnUntraced(function*(mailbox: AnyMailbox, { comesBack, drainMillis }: Stop) {
  const idle = Effect.callback<void>((resume) => {
    const done = () => resume(Effect.void)
    return comesBack ? mailbox.halt(done) : mailbox.close(done)
  })
  yield* Effect.timeoutOption(idle, drainMillis)
  if (!comesBack) mailbox.rejectWaiting(new ActorError.Stopping())
})
