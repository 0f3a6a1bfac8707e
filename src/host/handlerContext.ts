/**
 * The contexts that handlers run in: each has the scope of its message and the chain of its callers, and spans in it have the
 * caller's span as their parent.
 *
 * Scope and chain belong to one message and end with it, because a fiber that outlives its handler may still use them. The
 * rest is the same for all messages of the same callers, and is made once.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { Message } from "../actor/durable.ts"
import { CallChain, Callers } from "../link/callers.ts"
import type { Delivery } from "../link/delivery.ts"
import { callersOf, listOf } from "../link/sender.ts"
import type { Chain } from "../wire/frame.ts"
import * as branches from "./branches.ts"
import type { Flatten } from "./flatContext.ts"
import { MessageSpans } from "./telemetry.ts"

/** A scope that nothing was added to gets this state when it is closed: making one each time costs. */
const closed: Scope.State.Closed = { _tag: "Closed", exit: Exit.void }
const empty = Scope.makeUnsafe()

/** The scope of all messages whose handler is one synchronous function: what it adds to its scope runs at once. */
const closedScope: Scope.Closeable = { ...empty, state: closed }

/** The prototype of what `Effect.sync` makes: one function that runs to its end, and forks nothing in its context. */
const synchronous: unknown = Object.getPrototypeOf(Effect.sync(() => {}))

/** Makes the scope of the message that an effect handles. */
export const scopeFor = (effect: Effect.Effect<unknown, unknown>): Scope.Closeable =>
  Object.getPrototypeOf(effect) === synchronous ? closedScope : { ...empty }

/** Closes the scope of a message. Returns the effect that runs its finalizers, if it has any. */
export const closeScope = (
  scope: Scope.Closeable,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> | undefined => {
  if (scope.state._tag !== "Empty" || exit._tag === "Failure") return Scope.closeUnsafe(scope, exit)
  scope.state = closed
  return undefined
}

/** What the messages of the same callers share. */
interface Shared {
  readonly callers: Chain
  /** Runs a handler that needs nothing of its own. */
  readonly fork: (effect: Effect.Effect<unknown, unknown>) => Fiber.Fiber<unknown, unknown>
  readonly context: Context.Context<never>
  /** The callers and this actor: always the same array for the same callers, so that other threads learn it once. */
  readonly chain: Chain
}

/**
 * The contexts of the handlers of an actor, or of a key: made from the context that its layer or its key was built in, and how that
 * was flattened. A class, because a keyed actor has them for each key that is awake.
 */
export class HandlerContexts {
  /** The actor, and its key if it has one. */
  private readonly name: string
  private readonly actor: string
  private readonly context: Context.Context<never>
  private readonly flatten: Flatten
  /** The actor as the sender of what its handlers send. */
  private readonly self: Chain
  /** Each message is a span: even one that is answered at once. */
  readonly isTraced: boolean
  /** Those of the actor, of a key: for what can't tell one from the other. */
  private readonly ofActor: HandlerContexts | undefined
  /** What the last message used: the next one usually has the same callers. */
  private last: Shared | undefined
  private others: WeakMap<Chain, Shared> | undefined

  /** `name` is that of the actor with its key, if it has one. */
  constructor(
    actor: string,
    name: string,
    context: Context.Context<never>,
    flatten: Flatten,
    ofActor?: HandlerContexts
  ) {
    this.self = listOf(actor)
    this.actor = actor
    this.name = name
    this.context = context
    this.flatten = flatten
    this.ofActor = ofActor
    this.isTraced = Context.get(context, MessageSpans)
  }

  /** Runs what handles a message, in the scope of that message. */
  fork(
    handler: Effect.Effect<unknown, unknown>,
    scope: Scope.Closeable,
    delivery: Delivery
  ): Fiber.Fiber<unknown, unknown> {
    const effect = this.isTraced ? this.traced(handler, delivery) : handler
    const [, , , , , , span = null, envelope] = delivery.request
    const delivered = envelope?.[2]
    if (span === null && scope === closedScope && delivered === undefined) {
      // One function reads nothing of its context, but its span does: so that of the actor will do, which all keys have in common.
      const own = this.isTraced ? this : this.ofActor ?? this
      return own.sharedBy(callersOf(delivery.request)).fork(effect)
    }
    const shared = this.sharedBy(callersOf(delivery.request))
    const plain = this.contextOf(shared, delivery, scope)
    const own = delivered === undefined ? plain : Context.add(plain, Message, delivered)
    if (span === null) return Effect.runForkWith(own)(effect)
    const [traceId, spanId, sampled] = span
    const parent = Tracer.externalSpan({ traceId, spanId, sampled })
    return Effect.runForkWith(Context.add(own, Tracer.ParentSpan, parent))(effect)
  }

  /** Runs what closes the scope of a message. */
  close(closing: Effect.Effect<void>): Fiber.Fiber<void> {
    return Effect.runForkWith(this.context)(closing, { uninterruptible: true })
  }

  /** The span of a message, which has that of its sender as its parent. Its key is an attribute: spans of few names can be counted. */
  private traced(
    effect: Effect.Effect<unknown, unknown>,
    { message, sender }: Delivery
  ): Effect.Effect<unknown, unknown> {
    const attributes = { "heddle.sender": sender }
    return Effect.withSpan(effect, `${this.actor}.${message.tag}`, { kind: "server", attributes })
  }

  private contextOf(
    { chain, context }: Shared,
    delivery: Delivery,
    scope: Scope.Closeable
  ): Context.Context<never> {
    if (scope === closedScope) return context
    // A reply that comes later has the same callers.
    delivery.callers ??= new Callers(chain, this.self)
    return Context.add(Context.add(context, Scope.Scope, scope), CallChain, delivery.callers)
  }

  private sharedBy(callers: Chain): Shared {
    const { last } = this
    if (last?.callers === callers) return last
    const shared = this.others?.get(callers) ?? this.share(callers)
    // Most keys never have other callers than the first.
    if (last !== undefined) (this.others ??= new WeakMap()).set(last.callers, last)
    return this.last = shared
  }

  private share(callers: Chain): Shared {
    const chain = [...callers, this.name]
    const services = Context.add(
      Context.add(this.context, Scope.Scope, closedScope),
      CallChain,
      new Callers(chain, this.self)
    )
    const context = this.flatten(services)
    return { callers, chain, context: branches.counted(context), fork: Effect.runForkWith(context) }
  }
}
