/**
 * Runs the handlers of one incarnation of an actor: at most one fiber per message, and exactly one answer.
 *
 * ```text
 *   handle --- the answer is there ------------------------------------> ended
 *      |                                                                   ^
 *      +------ fork ---> running --- its scope has something to close ---> closing
 *                           |
 *                           +--- its answer is a Deferred: gives back its place ---> running
 * ```
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { RequestId } from "effect/rpc/RpcMessage"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Delivery } from "../link/delivery.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { Flatten } from "./flatContext.ts"
import { closeScope, make as makeContexts, scopeFor } from "./handlerContext.ts"
import { type Run, toRun } from "./handlerResult.ts"
import type { InFlight } from "./inFlight.ts"
import type { Mailbox } from "./mailbox.ts"
import type { Guard } from "./middleware.ts"
import { judge } from "./outcome.ts"
import { call, contextOf, makePlans, metadataOf, type Plan } from "./plan.ts"

export interface Dispatcher {
  /** Handles a message of the mailbox, which gets back its place by `release`. */
  readonly handle: (delivery: Delivery) => void
  /** Ends what runs: the callers get their answers at once, then the fibers are interrupted. */
  readonly close: (cause: ExitCause.ExitCause) => Effect.Effect<void>
}

export interface Options {
  readonly actor: Actor.Any
  /** The actor's position on its thread. */
  readonly index: number
  readonly behavior: Actor.Behavior
  readonly mailbox: Pick<Mailbox, "pause" | "release">
  readonly block: StatusBlock
  readonly inFlight: InFlight
  /** How the contexts of handlers are made. */
  readonly flatten: Flatten
  /** A handler has died; the actor can't be trusted any more. */
  readonly onDefect: (cause: Cause.Cause<unknown>) => void
}

/** Makes the dispatcher of one incarnation. It handles messages until a handler dies or `close` is called. */
export const make = (options: Options): Dispatcher => {
  const { actor, behavior, block, inFlight, index, mailbox } = options
  const name = actor.actorName
  const context = contextOf(actor, behavior)
  const plans = makePlans(actor, behavior, context)
  const contexts = makeContexts(name, context, options.flatten)
  let closed = false
  let count = 0

  /** The message needs its place no more. After a crash the mailbox counts from zero. */
  const leavePlace = (delivery: Delivery): void => {
    if (!delivery.holdsPlace) return
    delivery.holdsPlace = false
    if (!closed) mailbox.release()
  }

  const settle = (delivery: Delivery, exit: Exit.Exit<unknown, unknown>): void => {
    if (exit._tag === "Success") {
      block.addHandled(index, 1)
      return delivery.end({ _tag: "Success", value: exit.value })
    }
    const { withheld, request: [kind] } = delivery
    const { answer, counts, defect } = judge({ actor: name, withheld, isTell: kind === "tell" }, exit.cause)
    if (counts === "handled") block.addHandled(index, 1)
    else if (counts === "failed") block.addFailed(index, 1)
    delivery.end(answer)
    if (defect === undefined || closed) return
    // At once: the next message must not run in an actor that can't be trusted any more.
    closed = true
    mailbox.pause()
    options.onDefect(defect)
  }

  const finish = (delivery: Delivery, exit: Exit.Exit<unknown, unknown>, interruptible: boolean): void => {
    const isLater = exit._tag === "Success" && Deferred.isDeferred<unknown, unknown>(exit.value)
    if (isLater) fork(delivery, { effect: Deferred.await(exit.value), interruptible, holdsPlace: false })
    else settle(delivery, exit)
    leavePlace(delivery)
  }

  const run = (delivery: Delivery, how: Run): void => {
    if (Exit.isExit(how.effect)) {
      inFlight.end()
      finish(delivery, how.effect, how.interruptible)
    } else fork(delivery, how)
    if (!how.holdsPlace) leavePlace(delivery)
  }

  const fork = (delivery: Delivery, { effect, interruptible }: Run): void => {
    const scope = scopeFor(effect)
    const fiber = contexts.fork(effect, scope, delivery)
    const atOnce = fiber.pollUnsafe()
    const closing = atOnce && closeScope(scope, atOnce)
    if (atOnce !== undefined && closing === undefined) {
      inFlight.end()
      return finish(delivery, atOnce, interruptible)
    }
    const message = inFlight.take(delivery, index, fiber)
    if (interruptible) delivery.onCancel = () => fiber.interruptUnsafe()
    const end = (exit: Exit.Exit<unknown, unknown>): void => {
      inFlight.drop(message)
      finish(delivery, exit, interruptible)
    }
    // What the handler has opened is closed before its caller gets the answer.
    const close = (exit: Exit.Exit<unknown, unknown>, closing: Effect.Effect<void> | undefined): void => {
      if (closing === undefined) return end(exit)
      message.fiber = contexts.close(closing)
      message.fiber.addObserver((closed) => end(Exit.isFailure(closed) ? closed : exit))
    }
    if (atOnce !== undefined) close(atOnce, closing)
    else fiber.addObserver((exit) => close(exit, closeScope(scope, exit)))
  }

  /** The middleware runs in the message's place, and calls the handler if it lets the message through. */
  const guarded = (delivery: Delivery, plan: Plan, { metadata, wrap }: Guard): Run => {
    const given = metadata(delivery, RequestId(count++))
    delivery.withheld = true
    const handler = Effect.suspend(() => {
      delivery.withheld = false
      const { effect, holdsPlace } = toRun(delivery, plan.request, call(plan, delivery.payload, given))
      if (!holdsPlace) leavePlace(delivery)
      return effect
    })
    return { effect: wrap(handler, given), interruptible: true, holdsPlace: true }
  }

  const handle = (delivery: Delivery): void => {
    const plan = plans[delivery.message.index]
    if (plan === undefined) {
      return finish(delivery, Exit.die(new Error(`${name} has no message ${delivery.message.tag}`)), true)
    }
    inFlight.begin(index, delivery.message.index)
    run(
      delivery,
      plan.guard === undefined
        ? toRun(delivery, plan.request, call(plan, delivery.payload, metadataOf(plan, count++)))
        : guarded(delivery, plan, plan.guard)
    )
  }

  const close = (cause: ExitCause.ExitCause): Effect.Effect<void> =>
    Effect.suspend(() => {
      closed = true
      const all = inFlight.of(index)
      for (const message of all) {
        inFlight.drop(message)
        message.delivery.end({ _tag: "Failed", reason: new ActorError.Crashed({ handled: "maybe", cause }) })
      }
      const fibers = () => all.map(({ fiber }) => fiber)
      // Then the fibers that close what the handlers had opened.
      return Effect.andThen(Fiber.interruptAll(fibers()), Effect.suspend(() => Fiber.awaitAll(fibers())))
    })

  return { handle, close }
}
