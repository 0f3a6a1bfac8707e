/**
 * The typed client of an actor: one method for each of its messages.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as trace from "../base/trace.ts"
import type { After } from "../loop/timeouts.ts"
import * as codec from "../wire/codec.ts"
import { CallSites } from "./callSites.ts"
import { type Method, misplaced, type Options, refuse, type Target, timeoutOf } from "./method.ts"
import { intercept, type Origin, sendDurable, sendRemote } from "./middleware.ts"
import { intercepted } from "./middlewareCall.ts"
import { ask, tell } from "./outgoingCall.ts"
import { openStream } from "./streamReader.ts"

/** The timeout of a call if neither the call nor its actor sets one. */
export const defaultTimeout: Duration.Input = "5 seconds"

/** Sends one message: returns an effect, or a stream if the message has one. */
export type Send = (input: unknown, options?: Options) => unknown

/** What the clients of a thread share. */
export interface Shared {
  readonly after: After
  /** The actors that the system declares. */
  readonly known: ReadonlyArray<string>
  readonly origin: Origin
}

/**
 * Makes the client of an actor.
 *
 * **Details**
 * - `target`: where the actor is. It is looked up once, when the client is made; restarts change nothing about it. Without one
 *   each call fails with `NotRunning`, which lists `known`, the names of all actors.
 * - `after`: the timers of the thread. `origin`: who sends what no actor sends, and which middleware there is.
 * - `remote`: the actor may be on another machine.
 */
export const make = (
  actor: Actor.Any,
  target: Target | undefined,
  options: Shared,
  remote = false
): Readonly<Record<string, Send>> => {
  const name = actor.actorName
  const timeoutMillis = Duration.toMillis(actor.callTimeout ?? defaultTimeout)
  const protocol = codec.make(actor.protocol.requests)
  return Object.fromEntries(Array.from(protocol.values(), (message): [string, Send] => {
    const failure = (reason: ActorError.Reason) =>
      new ActorError.ActorError({ actor: name, request: message.tag, reason })
    if (target === undefined) {
      return [message.tag, failing(message, failure(undeclared(options)))]
    }
    const sites = new CallSites()
    const method = {
      actor: name,
      message,
      target,
      timeoutMillis,
      after: options.after,
      failure,
      key: undefined,
      remote,
      sites
    }
    const interceptor = intercept(name, actor.protocol.requests.get(message.tag), options.origin)
    const send = interceptor === undefined ? direct(method, options.origin) : intercepted(method, interceptor)
    return [message.tag, message.stream ? send : traced(send, sites)]
  }))
}

/** Why an actor can't be reached that no thread declares. */
export const undeclared = ({ known }: Pick<Shared, "known">): ActorError.Reason =>
  new ActorError.NotRunning({ why: "no thread of this system declares the actor", known })

/** Makes the function that sends nothing, and fails instead. */
export const failing = ({ stream }: codec.MessageCodec, error: ActorError.ActorError): Send => () =>
  stream ? Stream.fail(error) : Effect.fail(error)

/** Makes the function that sends a message that has no middleware. */
export const direct = (method: Method, origin: Origin): Send => {
  if (method.message.stream) return (input, options) => openStream(method, input, timeoutOf(method, options))
  const { durable } = method.message
  if (durable === undefined && method.remote !== true) return (input, options) => send(method, input, options)
  return (input, options) => {
    const given = { input, options, millis: timeoutOf(method, options) }
    if (durable !== undefined) return sendDurable(method, durable, origin, given)
    const problem = options && misplaced(method, options)
    return problem === undefined ? sendRemote(method, origin, given) : refuse(method, problem)
  }
}

const send = (method: Method, input: unknown, options: Options | undefined): Effect.Effect<unknown, unknown> => {
  const millis = timeoutOf(method, options)
  const problem = options && misplaced(method, options)
  if (problem !== undefined) return refuse(method, problem)
  return options?.discard === true ? tell(method, input, millis) : ask(method, input, millis)
}

/** The same for a message that has nothing but an answer. Its errors say where it was called, as those of `traced`. */
export const simple = (method: Method): Send => {
  const call: Send = (input, options) => {
    const sent = send(method, input, options)
    const site = method.sites.note(call)
    return site === undefined ? sent : withSite(sent, site)
  }
  return call
}

const withSite = (sent: Effect.Effect<unknown, unknown>, site: trace.CallSite): Effect.Effect<unknown, unknown> =>
  Effect.tapError(sent, (error) => Effect.sync(() => trace.addCaller(error, site)))

/** Has the errors of a call say where it was called, as long as that is noted. */
export const traced = (send: Send, sites: CallSites): Send => {
  const call: Send = (input, options) => {
    const sent = send(input, options)
    const site = sites.note(call)
    if (site === undefined || !Effect.isEffect(sent)) return sent
    return Effect.tapError(sent, (error) => Effect.sync(() => trace.addCaller(error, site)))
  }
  return call
}
