/**
 * The contexts that handlers run in: each has a scope of its own, and knows who waits for its answer.
 *
 * To make a context is to copy it, which would be a good part of a message's cost. So a context is used again as long as
 * no handler has put anything into its scope.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { CallChain } from "../link/client.ts"
import type { Chain, SpanRef } from "../link/frame.ts"

type Handled = Effect.Effect<unknown, unknown>

/** What is the same for all messages that the same actors wait for. */
interface Caller {
  readonly called: Context.Context<never>
  readonly fork: (effect: Handled) => Fiber.Fiber<unknown, unknown>
}

/** A place for one handler at a time. */
export interface Seat {
  /** Runs a handler: it has a scope, knows who waits for it, and its spans have the caller's as their parent. */
  readonly fork: (effect: Handled, chain: Chain, span: SpanRef | null) => Fiber.Fiber<unknown, unknown>
  /** Nothing was ever opened here. */
  readonly isUnused: () => boolean
}

export interface Seats {
  readonly take: () => Seat
  readonly giveBack: (seat: Seat) => void
}

export const make = (actor: string, context: Context.Context<never>): Seats => {
  const free: Array<Seat> = []
  return {
    take: () => free.pop() ?? makeSeat(actor, context),
    giveBack(seat) {
      if (seat.isUnused()) free.push(seat)
    }
  }
}

const makeSeat = (actor: string, context: Context.Context<never>): Seat => {
  const scope = Scope.makeUnsafe()
  const scoped = Context.add(context, Scope.Scope, scope)
  const isUnused = (): boolean => scope.state._tag === "Empty"
  const close = (exit: Exit.Exit<unknown, unknown>) => isUnused() ? Effect.void : Scope.close(scope, exit)
  const byChain = new Map<string, Caller>()
  return {
    fork(effect, chain, span) {
      const key = chain.join(" ")
      let caller = byChain.get(key)
      if (caller === undefined) {
        const called = Context.add(scoped, CallChain, [...chain, actor])
        caller = { called, fork: Effect.runForkWith(called) }
        byChain.set(key, caller)
      }
      const whole = Effect.onExit(effect, close)
      if (span === null) return caller.fork(whole)
      const [traceId, spanId, sampled] = span
      const parent = Tracer.externalSpan({ traceId, spanId, sampled })
      return Effect.runForkWith(Context.add(caller.called, Tracer.ParentSpan, parent))(whole)
    },
    isUnused
  }
}
