/**
 * The contexts that handlers run in: each has a scope of its own, and knows who waits for its answer.
 *
 * To make a context is to copy it, which would be a good part of a message's cost. So a context is used again as long as
 * no handler has put anything into its scope.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { CallChain } from "../link/client.ts"
import type { Chain, SpanRef } from "../link/frame.ts"

/** A place for one handler at a time. */
export interface Seat {
  /** The handler's context: its scope, who waits for it, and the caller's span as the parent of its own. */
  readonly context: (chain: Chain, span: SpanRef | null) => Context.Context<never>
  /** Closes what the handler has opened. */
  readonly close: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
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
  const byChain = new Map<string, Context.Context<never>>()
  const isUnused = (): boolean => scope.state._tag === "Empty"
  return {
    context(chain, span) {
      const key = chain.join(" ")
      let called = byChain.get(key)
      if (called === undefined) {
        called = Context.add(scoped, CallChain, [...chain, actor])
        byChain.set(key, called)
      }
      if (span === null) return called
      const [traceId, spanId, sampled] = span
      return Context.add(called, Tracer.ParentSpan, Tracer.externalSpan({ traceId, spanId, sampled }))
    },
    close: (exit) => isUnused() ? Effect.void : Scope.close(scope, exit),
    isUnused
  }
}
