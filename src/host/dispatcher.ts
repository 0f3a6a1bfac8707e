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
import type { Delivery } from "../link/delivery.ts"
import type { Flatten } from "./flatContext.ts"
import { HandlerContexts } from "./handlerContext.ts"
import { HandlerFibers } from "./handlerFiber.ts"
import { isEffect, type Run, toRun } from "./handlerResult.ts"
import type { Handling, Own } from "./handling.ts"
import type { Guard } from "./middleware.ts"
import { call, contextOf, makePlans, metadataOf, type Plan } from "./plan.ts"

/** What a dispatcher is made with. */
export interface Options extends Pick<Handling, "index" | "block" | "inFlight"> {
  readonly actor: Actor.Any
  readonly behavior: Actor.Behavior
  readonly mailbox: Own["mailbox"]
  /** How the contexts of handlers are made. */
  readonly flatten: Flatten
  /** A handler has died; the actor can't be trusted any more. */
  readonly onDefect: (cause: Cause.Cause<unknown>) => void
}

/** Makes the dispatcher of one incarnation of an actor. */
export const make = ({ actor, behavior, block, flatten, inFlight, index, mailbox, onDefect }: Options): Dispatcher => {
  const name = actor.actorName
  const context = contextOf(actor, behavior)
  return new Dispatcher(
    {
      name,
      index,
      plans: makePlans(actor, behavior, context),
      block,
      inFlight,
      journal: inFlight.journalOf(index, actor)
    },
    {
      mailbox,
      contexts: new HandlerContexts(name, name, context, flatten),
      handlers: undefined,
      key: undefined,
      watcher: { onDefect }
    }
  )
}

/**
 * The dispatcher of one incarnation of an actor, or of a key. It handles messages until a handler dies or `close` is called. A
 * class, because a keyed actor has one for each key that is awake.
 */
export class Dispatcher extends HandlerFibers {
  private count = 0

  /** Handles a message of the mailbox, which gets back its place by `release`. */
  handle(delivery: Delivery): void {
    const { inFlight, index, name, plans } = this.handling
    const plan = plans[delivery.message.index]
    if (plan === undefined) {
      return this.finish(delivery, Exit.die(new Error(`${name} has no message ${delivery.message.tag}`)), true)
    }
    inFlight.begin(index, delivery, this.key)
    if (plan.guard !== undefined) return this.runOther(delivery, this.guarded(delivery, plan, plan.guard))
    const handled = call(plan, delivery.payload, metadataOf(plan, this.count++), this.handlers)
    // Most handlers return an effect and nothing else: these messages need no `Run` of their own.
    if (!delivery.message.stream && isEffect(handled)) this.run(delivery, handled, true)
    else this.runOther(delivery, toRun(delivery, plan.request, handled))
  }

  /** The middleware runs in the message's place, and calls the handler if it lets the message through. */
  private guarded(delivery: Delivery, plan: Plan, { metadata, wrap }: Guard): Run {
    const given = metadata(delivery, RequestId(this.count++))
    delivery.withheld = true
    const handler = Effect.suspend(() => {
      delivery.withheld = false
      const { effect, holdsPlace } = toRun(
        delivery,
        plan.request,
        call(plan, delivery.payload, given, this.handlers)
      )
      if (!holdsPlace) this.leavePlace(delivery)
      return effect
    })
    return { effect: wrap(handler, given), interruptible: true, holdsPlace: true }
  }
}
