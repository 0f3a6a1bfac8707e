/**
 * Runs the handlers of one incarnation of an actor: one fiber a message, each answered once, whatever becomes of it.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Headers from "effect/http/Headers"
import * as Queue from "effect/Queue"
import * as Rpc from "effect/rpc/Rpc"
import { RequestId } from "effect/rpc/RpcMessage"
import * as Stream from "effect/Stream"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as ExitCause from "../ExitCause.ts"
import type { Delivery } from "../link/delivery.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"
import type { Chain } from "../wire/frame.ts"
import { inOrder } from "../wire/protocol.ts"
import { closedScope, closeScope, make as makeSeats, makeScope } from "./contextPool.ts"
import type { InFlight } from "./inFlight.ts"
import type { Mailbox } from "./mailbox.ts"
import { type Guard, guard, type Metadata, rejected } from "./middleware.ts"
import { isMarked, noQueue, type Runnable, runnable } from "./returned.ts"

/** What a handler returns: its answer already, an effect that has to be run, or something rarer. */
type Kind = "answer" | "sync" | "effect" | "other"

/** How one message of the protocol is handled. */
interface Plan {
  readonly rpc: Rpc.Any
  readonly handler: Rpc.Handler<string>["handler"]
  /** What stands before it. */
  readonly guard: Guard | undefined
  /** What it returned last: its prototype, and what all are that have that. */
  prototype: unknown
  kind: Kind
}

/** Calls carry no client of their own: `effect/rpc` handlers that ask for one get the same. */
const client = new Rpc.ServerClient(0)

const makePlans = (
  actor: Actor.Any,
  { handlers }: Actor.Behavior,
  context: Context.Context<never>
): ReadonlyArray<Plan> =>
  inOrder(actor.protocol.requests).map((rpc): Plan => {
    const given: Partial<Rpc.Handler<string>> | undefined = handlers.mapUnsafe.get(rpc.key)
    return {
      rpc,
      handler: given?.handler ??
        (() => Effect.die(new Error(`${actor.actorName}.toLayer has no handler for ${rpc._tag}; add one`))),
      guard: guard(actor.actorName, rpc, context),
      prototype: undefined,
      kind: "other"
    }
  })

/** The context that the layer was built in; `toLayer` gives all handlers the same. */
const contextOf = (actor: Actor.Any, { handlers }: Actor.Behavior): Context.Context<never> => {
  const [rpc] = actor.protocol.requests.values()
  const first: Rpc.Handler<string> | undefined = rpc && handlers.mapUnsafe.get(rpc.key)
  return first?.context ?? Context.empty()
}

export interface Handling {
  readonly handle: (delivery: Delivery) => void
  /** Ends what runs: callers are told at once, then the fibers are interrupted. */
  readonly close: (cause: ExitCause.ExitCause) => Effect.Effect<void>
}

export const make = (options: {
  readonly actor: Actor.Any
  readonly index: number
  readonly behavior: Actor.Behavior
  readonly mailbox: Mailbox
  readonly block: StatusBlock
  readonly inFlight: InFlight
  /** A handler has died; the actor can't be trusted any more. */
  readonly onDefect: (cause: Cause.Cause<unknown>) => void
}): Handling => {
  const { actor, behavior, block, inFlight, index, mailbox } = options
  const name = actor.actorName
  const context = contextOf(actor, behavior)
  const plans = makePlans(actor, behavior, context)
  const contexts = makeSeats(name, context)
  let closed = false
  let count = 0

  const release = (): void => {
    if (!closed) mailbox.release()
  }

  const settle = (delivery: Delivery, exit: Exit.Exit<unknown, unknown>): void => {
    if (exit._tag === "Success") {
      block.addHandled(index, 1)
      return delivery.end({ _tag: "Success", value: exit.value })
    }
    const { cause } = exit
    const deadlock = deadlockOf(cause)
    if (deadlock !== undefined) return delivery.end({ _tag: "Failed", reason: deadlock })
    const died = Cause.hasDies(cause)
    const failure = cause.reasons.find(Cause.isFailReason)
    if (delivery.withheld && !died && (failure === undefined || delivery.request[0] === "tell")) {
      return delivery.end({ _tag: "Failed", reason: rejected(Cause.squash(cause)) })
    }
    if (failure !== undefined && !died) {
      block.addHandled(index, 1)
      return delivery.end({ _tag: "Error", error: failure.error })
    }
    // Interrupted is neither handled nor failed: nobody waits for it any more.
    if (died) block.addFailed(index, 1)
    delivery.end({ _tag: "Failed", reason: new ActorError.Crashed({ handled: "maybe", cause: defect(name, cause) }) })
    if (!died || closed) return
    // At once: the next message must not run in an actor that can't be trusted any more.
    closed = true
    mailbox.pause()
    options.onDefect(cause)
  }

  /** Runs an effect for a message; `release` gives back the place that it holds among the running ones. */
  const fork = (
    delivery: Delivery,
    effect: Effect.Effect<unknown, unknown>,
    uninterruptible: boolean,
    release: () => void,
    scope = makeScope()
  ): void => {
    const [, , , , , chain = nobody, span = null] = delivery.request
    const fiber = contexts.fork(effect, scope, chain, span)
    const atOnce = fiber.pollUnsafe()
    const closing = atOnce && closeScope(scope, atOnce)
    if (atOnce !== undefined && closing === undefined) {
      inFlight.end()
      return finish(delivery, atOnce, uninterruptible, release)
    }
    const hand = inFlight.take(delivery, index, fiber)
    const end = (exit: Exit.Exit<unknown, unknown>): void => {
      inFlight.drop(hand)
      finish(delivery, exit, uninterruptible, release)
    }
    if (!uninterruptible) delivery.onCancel = () => fiber.interruptUnsafe()
    const close = (exit: Exit.Exit<unknown, unknown>, closing: Effect.Effect<void> | undefined): void => {
      if (closing === undefined) return end(exit)
      // What the handler has opened is closed before anybody hears how it ended.
      hand.fiber = contexts.close(closing)
      hand.fiber.addObserver((closed) => end(Exit.isFailure(closed) ? closed : exit))
    }
    if (atOnce !== undefined) close(atOnce, closing)
    else fiber.addObserver((exit) => close(exit, closeScope(scope, exit)))
  }

  const finish = (
    delivery: Delivery,
    exit: Exit.Exit<unknown, unknown>,
    uninterruptible: boolean,
    release: () => void
  ): void => {
    // A reply that comes later holds no place.
    if (exit._tag === "Success" && Deferred.isDeferred<unknown, unknown>(exit.value)) {
      delivery.holdsPlace = false
      fork(delivery, Deferred.await(exit.value), uninterruptible, nothing)
    } else settle(delivery, exit)
    release()
  }

  /** What a handler has returned, as an effect of its answer. */
  const run = (delivery: Delivery, value: unknown): Effect.Effect<unknown, unknown> => {
    const { message: { stream, tag } } = delivery
    const returned = runnable(`${name}.${tag}`, stream, value)
    return stream ? produce(delivery, returned, `${name}.${tag}`) : asEffect(returned)
  }

  /** An answer that is there already needs no fiber. */
  const finishAtOnce = (delivery: Delivery, exit: Exit.Exit<unknown, unknown>, uninterruptible: boolean): void => {
    inFlight.end()
    finish(delivery, exit, uninterruptible, release)
  }

  const handle = (delivery: Delivery): void => {
    const { message, payload } = delivery
    const plan = plans[message.index]
    if (plan === undefined) return settle(delivery, Exit.die(new Error(`${name} has no message ${message.tag}`)))
    inFlight.begin(index, message.index)
    if (plan.guard !== undefined) return handleGuarded(delivery, plan, plan.guard)
    const handled = attempt(plan, payload, RequestId(count++))
    if (!message.stream) {
      const kind = kindOf(plan, handled)
      if (isAnswer(handled, kind)) return finishAtOnce(delivery, handled, false)
      if (isEffect(handled, kind)) {
        return fork(delivery, handled, false, release, kind === "sync" ? closedScope : makeScope())
      }
    }
    const { fork: apart, uninterruptible, value } = unwrap(handled)
    if (!message.stream && Exit.isExit(value)) return finishAtOnce(delivery, value, uninterruptible)
    const effect = run(delivery, value)
    // A stream holds its place only until it is there, else an actor with one reader could do nothing else.
    const holds = !message.stream && !apart
    delivery.holdsPlace = holds
    fork(
      delivery,
      uninterruptible ? Effect.uninterruptible(effect) : effect,
      uninterruptible,
      holds ? release : nothing
    )
    if (!holds) release()
  }

  /** The handler is not even called before its middleware lets the message through; both run in the message's place. */
  const handleGuarded = (delivery: Delivery, plan: Plan, { metadata, wrap }: Guard): void => {
    const { message, payload } = delivery
    const given = metadata(delivery, RequestId(count++))
    let holds = true
    const leave = (): void => {
      if (!holds) return
      holds = false
      delivery.holdsPlace = false
      release()
    }
    const handler = Effect.suspend(() => {
      delivery.withheld = false
      const handled = attempt(plan, payload, given.requestId, given)
      const { fork: apart, uninterruptible, value } = unwrap(handled)
      const effect = run(delivery, value)
      if (message.stream || apart) leave()
      return uninterruptible ? Effect.uninterruptible(effect) : effect
    })
    delivery.withheld = true
    fork(delivery, wrap(handler, given), false, leave)
  }

  return {
    handle,
    close: (cause) =>
      Effect.suspend(() => {
        closed = true
        const held = inFlight.of(index)
        for (const hand of held) {
          inFlight.drop(hand)
          hand.delivery.end({ _tag: "Failed", reason: new ActorError.Crashed({ handled: "maybe", cause }) })
        }
        const fibers = () => held.map(({ fiber }) => fiber)
        // Then those that close what the handlers had opened.
        return Effect.andThen(Fiber.interruptAll(fibers()), Effect.suspend(() => Fiber.awaitAll(fibers())))
      })
  }
}

/** A defect of an actor, in the form that outlives its thread. */
export const defect = (actor: string, cause: Cause.Cause<unknown>): ExitCause.ExitCause =>
  ExitCause.Defect.make({ actor, ...ExitCause.describeCause(cause) })

/**
 * The deadlock that a handler has died of, and nothing else: who waits for it is in it, too. That is no bug of this actor, and
 * it goes on, as it does when its caller's time is over.
 */
const deadlockOf = (cause: Cause.Cause<unknown>): ActorError.Reason | undefined => {
  const [first, ...more] = cause.reasons.filter((reason) => !Cause.isInterruptReason(reason))
  if (first === undefined || more.length > 0 || !Cause.isDieReason(first)) return undefined
  const { defect } = first
  return ActorError.isActorError(defect) && defect.reason._tag === "TimedOut" && defect.reason.deadlock
    ? defect.reason
    : undefined
}

const nothing = (): void => {}
const nobody: Chain = []

type Handled = ReturnType<Rpc.Handler<string>["handler"]>

const unwrap = (handled: Handled) =>
  isMarked(handled, Rpc.isWrapper) && Rpc.isWrapper(handled)
    ? handled
    : { value: handled, fork: false, uninterruptible: false }

const attempt = ({ handler, rpc }: Plan, payload: unknown, requestId: RequestId, given?: Metadata): Handled => {
  try {
    return handler(payload, given ?? { client, requestId, headers: Headers.empty, rpc })
  } catch (defect) {
    return Effect.die(defect)
  }
}

/**
 * What a handler has returned. The prototype decides, and to see that it is the same again takes less than to look for the
 * marks of each kind.
 */
const kindOf = (plan: Plan, handled: Handled): Kind => {
  const prototype = prototypeOf(handled)
  if (prototype !== plan.prototype) {
    plan.prototype = prototype
    plan.kind = Exit.isExit(prototype)
      ? "answer"
      : prototype === synchronous
      ? "sync"
      : Effect.isEffect(prototype)
      ? "effect"
      : "other"
  }
  return plan.kind
}

/** Of what `Effect.sync` makes: a function that runs to its end, and can hand its scope to nobody. */
const synchronous: unknown = Object.getPrototypeOf(Effect.sync(() => {}))

/** Who has no types, or gives them up, returns anything. */
const prototypeOf = (handled: unknown): unknown => {
  try {
    return Object.getPrototypeOf(handled)
  } catch {
    return undefined
  }
}

const isAnswer = (_: Handled, kind: Kind): _ is Extract<Handled, Exit.Exit<unknown, unknown>> => kind === "answer"
const isEffect = (_: Handled, kind: Kind): _ is Extract<Handled, Effect.Effect<unknown, unknown>> =>
  kind === "effect" || kind === "sync"

const asEffect = (value: Runnable): Effect.Effect<unknown, unknown> =>
  Effect.isEffect(value) ? value : Stream.runDrain(value)

/** Sends the elements of a stream as far as its reader takes them. */
const produce = (
  delivery: Delivery,
  value: Runnable,
  request: string
): Effect.Effect<void, unknown> => {
  const { window } = delivery
  const send = (values: ReadonlyArray<unknown>, from = 0): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (window === undefined || from === values.length) return Effect.void
      const to = window.take(values, from)
      if (to === from) return Effect.flatMap(room, () => send(values, from))
      delivery.emit(from === 0 && to === values.length ? values : values.slice(from, to))
      return send(values, to)
    })
  const room = Effect.callback<void>((resume) => {
    delivery.onCredit = () => {
      if (window?.isOpen !== false) resume(Effect.void)
    }
    delivery.onCredit()
  })
  return Effect.suspend(() => {
    delivery.emit([])
    return Effect.isEffect(value)
      ? Effect.flatMap(
        value,
        (queue) => Stream.runForEachArray(Stream.fromQueue(asQueue(queue, request)), (values) => send(values))
      )
      : Stream.runForEachArray(value, (values) => send(values))
  })
}

const asQueue = (value: unknown, request: string): Queue.Dequeue<unknown, unknown> => {
  if (Queue.isDequeue(value)) return value
  throw noQueue(request, value)
}
