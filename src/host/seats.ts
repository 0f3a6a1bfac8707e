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
  readonly chain: Chain
  readonly context: Context.Context<never>
  readonly fork: (effect: Handled) => Fiber.Fiber<unknown, unknown>
}

/** A place for one handler at a time. */
export interface Seat {
  /** Runs a handler: it has a scope, knows who waits for it, and its spans have the caller's as their parent. */
  readonly fork: (effect: Handled, chain: Chain, span: SpanRef | null) => Fiber.Fiber<unknown, unknown>
  /** Nothing was ever opened here. */
  readonly isUnused: () => boolean
  /** Closes what was opened here. */
  readonly close: (exit: Exit.Exit<unknown, unknown>) => Fiber.Fiber<unknown, unknown>
}

export interface Seats {
  readonly take: () => Seat
  readonly giveBack: (seat: Seat) => void
}

export const make = (actor: string, context: Context.Context<never>): Seats => {
  const free: Array<Seat> = []
  const chains = new WeakMap<Chain, Chain>()
  /** The same array for the same array, so that it is told to other threads once. */
  const called = (chain: Chain): Chain => {
    let called = chains.get(chain)
    if (called === undefined) chains.set(chain, called = [...chain, actor])
    return called
  }
  return {
    take: () => free.pop() ?? makeSeat(context, called),
    giveBack: (seat) => void free.push(seat)
  }
}

const makeSeat = (context: Context.Context<never>, called: (chain: Chain) => Chain): Seat => {
  const scope = Scope.makeUnsafe()
  const scoped = Context.add(context, Scope.Scope, scope)
  const byChain = new WeakMap<Chain, Caller>()
  let last: Caller | undefined
  const callerOf = (chain: Chain): Caller => {
    if (last?.chain === chain) return last
    last = byChain.get(chain)
    if (last === undefined) {
      const context = Context.add(scoped, CallChain, called(chain))
      byChain.set(chain, last = { chain, context, fork: Effect.runForkWith(context) })
    }
    return last
  }
  return {
    fork(effect, chain, span) {
      const caller = callerOf(chain)
      if (span === null) return caller.fork(effect)
      const [traceId, spanId, sampled] = span
      const parent = Tracer.externalSpan({ traceId, spanId, sampled })
      return Effect.runForkWith(Context.add(caller.context, Tracer.ParentSpan, parent))(effect)
    },
    isUnused: () => scope.state._tag === "Empty",
    close: (exit) => Effect.runForkWith(scoped)(Scope.close(scope, exit), { uninterruptible: true })
  }
}
