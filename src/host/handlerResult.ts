/**
 * What a handler returned, in the one form that the dispatcher runs.
 */
import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Stream from "effect/Stream"
import type { Delivery } from "../link/delivery.ts"
import { sendElements } from "./elements.ts"
import { isMarked, type Runnable, runnable } from "./runnable.ts"

/** How a message is run, whatever its handler returned. */
export interface Run {
  /** Succeeds with the answer. An `Exit` is the answer, and needs no fiber. */
  readonly effect: Effect.Effect<unknown, unknown>
  /** Whether the handler is interrupted when its caller no longer waits. */
  readonly interruptible: boolean
  /** Whether the message keeps its place until it has ended; if not, only until its handler has returned. */
  readonly holdsPlace: boolean
}

/** What a handler of `effect/rpc` may return, to those who keep to the types. */
export type Handled = ReturnType<Rpc.Handler<string>["handler"]>

/**
 * Normalises what the handler of a message returned: an effect, a stream, either of them in one of `Rpc`'s wrappers, or a value
 * that can't be run, which makes an effect that dies and says so. `request` is `Actor.Message`.
 */
export const toRun = (delivery: Delivery, request: string, handled: Handled): Run => {
  const { stream } = delivery.message
  if (!stream && isEffect(handled)) return { effect: handled, interruptible: true, holdsPlace: true }
  const { fork, uninterruptible, value } = unwrap(handled)
  const returned = runnable(request, stream, value)
  const effect = stream ? sendElements(delivery, request, returned) : asEffect(returned)
  return {
    effect: uninterruptible ? Effect.uninterruptible(effect) : effect,
    interruptible: !uninterruptible,
    // A stream doesn't: an actor with one reader could do nothing else.
    holdsPlace: !stream && !fork
  }
}

const unwrap = (handled: Handled) =>
  isMarked(handled, Rpc.isWrapper) && Rpc.isWrapper(handled)
    ? handled
    : { value: handled, fork: false, uninterruptible: false }

/**
 * The guard of `Effect` for what may be anything, such as a proxy that throws: the types are not always kept to. It does not call
 * `Effect.isEffect`, which the engine can't specialize because all of Effect's guards share one function.
 */
export const isEffect = (value: Handled): value is Extract<Handled, Effect.Effect<unknown, unknown>> => {
  try {
    return ((typeof value === "object" && value !== null) || typeof value === "function") && Effect.TypeId in value
  } catch {
    return false
  }
}

const asEffect = (value: Runnable): Effect.Effect<unknown, unknown> =>
  Effect.isEffect(value) ? value : Stream.runDrain(value)
