/**
 * The actor that sends a message. A tell carries its name, so that a dead letter can say whose message it was.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import { type Chain, noChain, type Request } from "../wire/frame.ts"
import { CallChain } from "./callers.ts"

/** The actor whose layer, handlers and background fibers run in this context, as a list of one name; empty on main. */
export const Sender = Context.Reference<Chain>("heddle/Sender", { defaultValue: () => noChain })

const lists = new Map<string, Chain>()

/** The list of one name. It is the same array each time, because a link writes it once only. */
export const listOf = (actor: string): Chain => {
  let list = lists.get(actor)
  if (list === undefined) lists.set(actor, list = [actor])
  return list
}

/** The actor that a fiber belongs to, as a list. That of a handler is found sooner: the callers were added to its context last. */
export const senderOf = (fiber: Fiber.Fiber<unknown, unknown>): Chain => {
  const { self } = Context.get(fiber.context, CallChain)
  return self.length > 0 ? self : Context.get(fiber.context, Sender)
}

/** The callers that wait for a request. Nobody waits for a tell. */
export const callersOf = (request: Request): Chain => request[0] === "tell" ? noChain : request[5] ?? noChain
