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
import { classOf } from "../base/prototype.ts"
import { CallChain, Callers } from "../link/callers.ts"
import type { Delivery } from "../link/delivery.ts"
import { callersOf, listOf } from "../link/sender.ts"
import { Fence } from "../wire/durable.ts"
import type { Chain, Envelope } from "../wire/frame.ts"
import * as branches from "./branches.ts"
import type { Flatten } from "./flatContext.ts"
import { MessageSpans } from "./telemetry.ts"

/** A scope that nothing was added to gets this state when it is closed: making one each time costs. */
const closed: Scope.State.Closed = { _tag: "Closed", exit: Exit.void }
const empty = Scope.makeUnsafe()

/** The scope of all messages whose handler is one synchronous function: what it adds to its scope runs at once. */
const closedScope: Scope.Closeable = { ...empty, state: closed }

/** What `Effect.sync` makes: one function that runs to its end, and forks nothing in its context. */
const Synchronous = classOf(Effect.sync(() => {}))

/** Makes the scope of the message that an effect handles. */
export const scopeFor = (effect: Effect.Effect<unknown, unknown>): Scope.Closeable =>
  effect instanceof Synchronous ? closedScope : { ...empty }

/** Whether it is the scope of a handler that is one synchronous function. */
export const isOfFunction = (scope: Scope.Closeable): boolean => scope === closedScope

/** Closes the scope of a message. Returns the effect that runs its finalizers, if it has any. */
export const closeScope = (
  scope: Scope.Closeable,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> | undefined => {
  if (scope.state._tag !== "Empty" || exit._tag === "Failure") return Scope.closeUnsafe(scope, exit)
  scope.state = closed
  return undefined
}

/** Adds what only durable messages have, and those that came by a cluster. */
const withEnvelope = (
  context: Context.Context<never>,
  [, , delivered, fence]: Envelope
): Context.Context<never> => {
  const own = delivered === undefined ? context : Context.add(context, Message, delivered)
  return fence === undefined ? own : Context.add(own, Fence, fence)
}

/** What the messages of the same callers share. */
interface Shared {
  readonly callers: Chain
  /** What a message's own scope and callers are added to. */
  readonly context: Context.Context<never>
  /** For handlers that need nothing of their own; made at once for an actor, of a key for the first such message. */
  functions: Functions | undefined
  /** The callers and this actor: always the same array for the same callers, so that other threads learn it once. */
  readonly chain: Chain
}

/** The context of handlers that need nothing of their own, and how they are run in it. */
interface Functions {
  readonly context: Context.Context<never>
  readonly fork: (effect: Effect.Effect<unknown, unknown>) => Fiber.Fiber<unknown, unknown>
}

/**
 * The contexts of the handlers of an actor, or of a key: made from the context that its layer or its key was built in, and how that
 * was flattened. A class, because a keyed actor has them for each key that is awake.
 */
export class HandlerContexts {
  /** What the last message used: the next one usually has the same callers. */
  private last: Shared | undefined
  /** Each message is a span: even one that is answered at once. */
  readonly isTraced: boolean
  /** The actor as the sender of what its handlers send. */
  private readonly self: Chain
  /** The actor, and its key if it has one. */
  private readonly name: string
  private readonly actor: string
  private readonly context: Context.Context<never>
  private readonly flatten: Flatten | undefined
  private others: WeakMap<Chain, Shared> | undefined

  /**
   * `name` is that of the actor with its key, if it has one. Without `flatten` contexts are made of few parts, because there are many
   * keys; the branches of handlers are counted in the context that all of them share.
   */
  constructor(actor: string, name: string, context: Context.Context<never>, flatten: Flatten | undefined) {
    this.self = listOf(actor)
    this.actor = actor
    this.name = name
    this.context = context
    this.flatten = flatten
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
    const shared = this.sharedBy(callersOf(delivery.request))
    if (span === null && scope === closedScope && envelope?.[2] === undefined && envelope?.[3] === undefined) {
      return this.functionsOf(shared).fork(effect)
    }
    const plain = this.contextOf(shared, delivery, scope)
    const own = envelope === undefined ? plain : withEnvelope(plain, envelope)
    if (span === null) return Effect.runForkWith(own)(effect)
    const [traceId, spanId, sampled] = span
    const parent = Tracer.externalSpan({ traceId, spanId, sampled })
    return Effect.runForkWith(Context.add(own, Tracer.ParentSpan, parent))(effect)
  }

  /** Runs a function that handles a message, and reads nothing of its context. */
  forkFunction(handler: Effect.Effect<unknown, unknown>, { request }: Delivery): Fiber.Fiber<unknown, unknown> {
    return this.functionsOf(this.sharedBy(callersOf(request))).fork(handler)
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

  private contextOf(shared: Shared, delivery: Delivery, scope: Scope.Closeable): Context.Context<never> {
    if (scope === closedScope) return this.functionsOf(shared).context
    // A reply that comes later has the same callers.
    delivery.callers ??= new Callers(shared.chain, this.self)
    return Context.add(Context.add(shared.context, Scope.Scope, scope), CallChain, delivery.callers)
  }

  private functionsOf(shared: Shared): Functions {
    if (shared.functions !== undefined) return shared.functions
    const context = this.withClosedScope(shared.chain)
    return shared.functions = { context, fork: Effect.runForkWith(context) }
  }

  private withClosedScope(chain: Chain): Context.Context<never> {
    return Context.add(Context.add(this.context, Scope.Scope, closedScope), CallChain, new Callers(chain, this.self))
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
    if (this.flatten === undefined) return { callers, context: this.context, functions: undefined, chain }
    const context = this.flatten(this.withClosedScope(chain))
    const functions = { context, fork: Effect.runForkWith(context) }
    return { callers, context: branches.counted(context), functions, chain }
  }
}
