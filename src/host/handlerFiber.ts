/**
 * Runs what handles a message, in at most one fiber, and closes what that has opened before its caller gets the answer.
 *
 * ```text
 *   run --- the answer is there ------------------------------------> ended
 *    |                                                                  ^
 *    +----- fork ---> running --- its scope has something to close ---> closing
 *                        |
 *                        +--- its answer is a Deferred: gives back its place ---> running
 * ```
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as ActorError from "../ActorError.ts"
import { classOf } from "../base/prototype.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Delivery } from "../link/delivery.ts"
import { closeScope, isOfFunction, scopeFor } from "./handlerContext.ts"
import type { Run } from "./handlerResult.ts"
import { Settlement } from "./settlement.ts"

/** Runs the messages of one incarnation. Those that have not ended yet are in `inFlight`. */
export abstract class HandlerFibers extends Settlement {
  /** Runs a message that was begun, by the effect of its handler. */
  protected run(delivery: Delivery, effect: Effect.Effect<unknown, unknown>, interruptible: boolean): void {
    if (this.isTraced || !isAnswer(effect)) return this.fork(delivery, effect, interruptible)
    this.handling.inFlight.end()
    this.finish(delivery, effect, interruptible)
  }

  /** The same for a message whose handler returned something else. */
  protected runOther(delivery: Delivery, { effect, holdsPlace, interruptible }: Run): void {
    this.run(delivery, effect, interruptible)
    if (!holdsPlace) this.leavePlace(delivery)
  }

  /** Settles a message, or waits for the answer that its handler has promised. */
  protected finish(delivery: Delivery, exit: Exit.Exit<unknown, unknown>, interruptible: boolean): void {
    const isLater = exit._tag === "Success" && isDeferred(exit.value)
    if (isLater) this.fork(delivery, Deferred.await(exit.value), interruptible)
    else this.settle(delivery, exit)
    this.leavePlace(delivery)
  }

  /** Ends what runs: the callers get their answers at once, then the fibers are interrupted. */
  close(cause: ExitCause.ExitCause): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.seal()
      const { inFlight, index } = this.handling
      const all = inFlight.of(index, this.key)
      for (const message of all) {
        inFlight.drop(message)
        message.delivery.end({ _tag: "Failed", reason: new ActorError.Crashed({ handled: "maybe", cause }) })
      }
      const fibers = () => all.map(({ fiber }) => fiber)
      // Then the fibers that close what the handlers had opened.
      return Effect.andThen(Fiber.interruptAll(fibers()), Effect.suspend(() => Fiber.awaitAll(fibers())))
    })
  }

  private fork(delivery: Delivery, effect: Effect.Effect<unknown, unknown>, interruptible: boolean): void {
    const { inFlight, index, ofFunctions } = this.handling
    const scope = scopeFor(effect)
    const fiber = ofFunctions !== undefined && isOfFunction(scope) && !this.isTraced
      ? ofFunctions.forkFunction(effect, delivery)
      : this.contexts.fork(effect, scope, delivery)
    const atOnce = fiber.pollUnsafe()
    const closing = atOnce && closeScope(scope, atOnce)
    if (atOnce !== undefined && closing === undefined) {
      inFlight.end()
      return this.finish(delivery, atOnce, interruptible)
    }
    const message = inFlight.take(delivery, index, this.key, fiber)
    if (interruptible) delivery.onCancel = () => fiber.interruptUnsafe()
    const end = (exit: Exit.Exit<unknown, unknown>): void => {
      inFlight.drop(message)
      this.finish(delivery, exit, interruptible)
    }
    // What the handler has opened is closed before its caller gets the answer.
    const close = (exit: Exit.Exit<unknown, unknown>, closing: Effect.Effect<void> | undefined): void => {
      if (closing === undefined) return end(exit)
      message.fiber = this.contexts.close(closing)
      message.fiber.addObserver((closed) => end(Exit.isFailure(closed) ? closed : exit))
    }
    if (atOnce !== undefined) close(atOnce, closing)
    else fiber.addObserver((exit) => close(exit, closeScope(scope, exit)))
  }
}

const Success = classOf(Exit.void)
const Failure = classOf(Exit.fail(undefined))
const Promised = classOf(Deferred.makeUnsafe())

/** Whether an effect is the answer already. `Exit.isExit` takes longer, because V8 can't specialize what all guards of Effect share. */
const isAnswer = (effect: Effect.Effect<unknown, unknown>): effect is Exit.Exit<unknown, unknown> =>
  effect instanceof Success || effect instanceof Failure

/** A proxy may throw when it is looked at: then it is no `Deferred`, and can't be sent either. */
const isDeferred = (value: unknown): value is Deferred.Deferred<unknown, unknown> => {
  try {
    return value instanceof Promised
  } catch {
    return false
  }
}
