/**
 * The contexts that handlers run in: each has the scope of its message, and knows who waits for its answer.
 *
 * A scope is one message's own, and closed at its end, though hardly any handler opens anything in it: a fiber that outlives
 * its handler may still have it, or the context that it is in. What all messages of the same callers share is copied once;
 * the scope lies on top of that.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { CallChain } from "../link/client.ts"
import type { Chain, SpanRef } from "../wire/frame.ts"
import { flatten } from "./flatContext.ts"

/** A scope that nothing was put into is closed by this: to make another each time costs. */
const closed: Scope.State.Closed = { _tag: "Closed", exit: Exit.void }
const empty = Scope.makeUnsafe()

/**
 * The scope of all messages whose handler is one synchronous function, which ends before anything could be added to a scope
 * and not run at once.
 */
export const closedScope: Scope.Closeable = { ...empty, state: closed }

/** The scope of one message. */
export const makeScope = (): Scope.Closeable => ({ ...empty })

/** Closes a scope; what comes back, if anything, has to be run for that. */
export const closeScope = (
  scope: Scope.Closeable,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> | undefined => {
  if (scope.state._tag !== "Empty" || exit._tag === "Failure") return Scope.closeUnsafe(scope, exit)
  scope.state = closed
  return undefined
}

export type ContextPool = ReturnType<typeof make>

export const make = (actor: string, context: Context.Context<never>) => {
  const byChain = new WeakMap<Chain, Context.Context<never>>()
  let lastChain: Chain | undefined
  let last = context

  /** What is the same for all messages that the same actors wait for. */
  const contextOf = (chain: Chain): Context.Context<never> => {
    if (chain === lastChain) return last
    let known = byChain.get(chain)
    if (known === undefined) {
      // The same array for the same array, so that it is told to other threads once.
      const called = Context.add(Context.add(context, Scope.Scope, closedScope), CallChain, [...chain, actor])
      byChain.set(chain, known = flatten(called))
    }
    lastChain = chain
    return last = known
  }

  return {
    /** Runs a handler: it has a scope, knows who waits for it, and its spans have the caller's as their parent. */
    fork(
      effect: Effect.Effect<unknown, unknown>,
      scope: Scope.Scope,
      chain: Chain,
      span: SpanRef | null
    ): Fiber.Fiber<unknown, unknown> {
      const shared = contextOf(chain)
      const own = scope === closedScope ? shared : Context.add(shared, Scope.Scope, scope)
      if (span === null) return Effect.runForkWith(own)(effect)
      const [traceId, spanId, sampled] = span
      const parent = Tracer.externalSpan({ traceId, spanId, sampled })
      return Effect.runForkWith(Context.add(own, Tracer.ParentSpan, parent))(effect)
    },
    /** Runs what closes the scope of a message. */
    close: (closing: Effect.Effect<void>): Fiber.Fiber<void> =>
      Effect.runForkWith(context)(closing, { uninterruptible: true })
  }
}
