/**
 * Dispatches the messages of one incarnation of an actor: each to its handler, inside the middleware of the message if it has any.
 *
 * How a handler is run is in `handlerFiber.ts`, what its end does in `settlement.ts`.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { RequestId } from "effect/rpc/RpcMessage"
import type * as Actor from "../Actor.ts"
import type * as ExitCause from "../ExitCause.ts"
import type { Delivery } from "../link/delivery.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { Flatten } from "./flatContext.ts"
import * as handlerContext from "./handlerContext.ts"
import * as handlerFiber from "./handlerFiber.ts"
import { isEffect, type Run, toRun } from "./handlerResult.ts"
import type { InFlight } from "./inFlight.ts"
import type { Mailbox } from "./mailbox.ts"
import type { Guard } from "./middleware.ts"
import { call, contextOf, makePlans, metadataOf, type Plan } from "./plan.ts"
import * as settlements from "./settlement.ts"

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
  const { actor, behavior, block, inFlight, index, mailbox, onDefect } = options
  const name = actor.actorName
  const context = contextOf(actor, behavior)
  const plans = makePlans(actor, behavior, context)
  const contexts = handlerContext.make(name, context, options.flatten)
  const settlement = settlements.make({ name, index, mailbox, block, onDefect })
  const fibers = handlerFiber.make({ index, contexts, inFlight, settlement })
  let count = 0

  /** The middleware runs in the message's place, and calls the handler if it lets the message through. */
  const guarded = (delivery: Delivery, plan: Plan, { metadata, wrap }: Guard): Run => {
    const given = metadata(delivery, RequestId(count++))
    delivery.withheld = true
    const handler = Effect.suspend(() => {
      delivery.withheld = false
      const { effect, holdsPlace } = toRun(delivery, plan.request, call(plan, delivery.payload, given))
      if (!holdsPlace) settlement.leavePlace(delivery)
      return effect
    })
    return { effect: wrap(handler, given), interruptible: true, holdsPlace: true }
  }

  return {
    handle(delivery) {
      const plan = plans[delivery.message.index]
      if (plan === undefined) {
        return fibers.finish(delivery, Exit.die(new Error(`${name} has no message ${delivery.message.tag}`)), true)
      }
      inFlight.begin(index, delivery.message.index)
      if (plan.guard !== undefined) return fibers.runOther(delivery, guarded(delivery, plan, plan.guard))
      const handled = call(plan, delivery.payload, metadataOf(plan, count++))
      // Most handlers return an effect and nothing else: these messages need no `Run` of their own.
      if (!delivery.message.stream && isEffect(handled)) fibers.run(delivery, handled, true)
      else fibers.runOther(delivery, toRun(delivery, plan.request, handled))
    },
    close: fibers.close
  }
}
