/**
 * The actors that wait for what a fiber does. An ask sends them along, so that a circle of asks is found.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import { type Chain, noChain } from "../wire/frame.ts"

/** The callers of one message, and of what its handler asks. */
export class Callers {
  /** From the first that asked to the actor that handles the message. */
  readonly chain: Chain
  /** The message has its answer: nobody waits for a fiber that goes on after its handler. */
  answered = false
  /** How many fibers work on the message. */
  fibers = 0
  /** The actor that handles the message, as a list of one name. */
  readonly self: Chain

  constructor(chain: Chain, self: Chain) {
    this.chain = chain
    this.self = self
  }
}

/** The callers of the message that a fiber handles. */
export const CallChain = Context.Reference<Callers>("heddle/CallChain", {
  defaultValue: () => new Callers(noChain, noChain)
})

/** The actors that wait for a fiber now. The array is the same for all asks of the same callers. */
export const chainOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): Chain => {
  if (fiber === undefined) return noChain
  const { answered, chain } = Context.get(fiber.context, CallChain)
  return answered ? noChain : chain
}
