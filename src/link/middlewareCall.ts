/**
 * A call of a message that has middleware: the client's parts of the middleware run before it is sent, all within the
 * timeout of the call.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as ActorError from "../ActorError.ts"
import type { Envelope } from "../wire/frame.ts"
import { CodecIssue } from "../wire/translator.ts"
import {
  longestTimerMillis,
  type Method,
  misplaced,
  type Options,
  refuse,
  spanOf,
  timeoutOf,
  unsendable
} from "./method.ts"
import { type Interceptor, sendDurable, sendRemote } from "./middleware.ts"
import { ask, tell } from "./outgoingCall.ts"
import { openStream } from "./streamReader.ts"

/**
 * Makes the function that sends a message that has middleware.
 *
 * **Details**
 * - Without a client's part on this thread the message is sent as any other, with an envelope.
 * - A stream is sent when it is run, and each time it is run.
 */
export const intercepted = (
  method: Method,
  interceptor: Interceptor
): (input: unknown, options?: Options) => unknown => {
  const { durable, stream } = method.message
  if (!stream) {
    return (input, options) => {
      const discard = options?.discard === true
      return throughParts(
        method,
        interceptor,
        { input, discard, millis: timeoutOf(method, options) },
        (input, millis, envelope) => {
          const problem = options && misplaced(method, options)
          if (problem !== undefined) return refuse(method, problem)
          const given = { input, options, millis, envelope }
          if (durable !== undefined) return sendDurable(method, durable, interceptor.origin, given)
          return method.remote === true
            ? sendRemote(method, interceptor.origin, given)
            : (discard ? tell : ask)(method, input, millis, envelope)
        }
      )
    }
  }
  return (input, options) =>
    Stream.unwrap(Effect.map(
      throughParts(
        method,
        interceptor,
        { input, discard: false, millis: timeoutOf(method, options) },
        (payload, millis, envelope) => Effect.succeed(openStream(method, payload, millis, envelope))
      ),
      (stream) =>
        Stream.isStream(stream)
          ? stream
          : Stream.die(
            new Error("the client's part of a middleware returned something else than its next(request) did")
          )
    ))
}

/**
 * Passes a message through the client's parts of its middleware, and sends what the innermost one goes on with.
 *
 * **Details**
 * - `given.millis` is for all of it. A part may call `next` several times: each time the rest of it is left.
 * - The payload is checked before the first part sees it, and again when it is sent.
 */
const throughParts = (
  method: Method,
  interceptor: Interceptor,
  given: { readonly input: unknown; readonly discard: boolean; readonly millis: number },
  send: (payload: unknown, millis: number, envelope: Envelope) => Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, unknown> =>
  Effect.withFiber((fiber) => {
    const { discard, input, millis } = given
    const parts = interceptor.parts()
    const obstacle = discard ? undefined : method.target.obstacle(fiber, method.key)
    if (obstacle !== undefined) return Exit.fail(method.failure(obstacle))
    if (parts.length === 0) return send(input, millis, interceptor.envelope(fiber))
    const payload = method.message.construct(input)
    if (payload instanceof CodecIssue) return unsendable(method, payload)
    const clock = fiber.getRef(Clock.Clock)
    const since = clock.monotonicTimeNanosUnsafe()
    const onTheWay = { count: 0, ever: false }
    const sent = (payload: unknown, envelope: Envelope): Effect.Effect<unknown, unknown> =>
      Effect.suspend(() => {
        const restMillis = Math.max(0, millis - Number(clock.monotonicTimeNanosUnsafe() - since) / 1e6)
        onTheWay.count++
        onTheWay.ever = true
        return Effect.ensuring(send(payload, restMillis, envelope), Effect.sync(() => onTheWay.count--))
      })
    const request = interceptor.request(fiber, { payload, span: spanOf(fiber), discard })
    return Effect.raceFirst(interceptor.through(fiber, parts, request, sent), late(method, millis, onTheWay))
  })

/**
 * Fails if a client's part holds a message up for longer than its call may take.
 *
 * **Details**
 * - While the message is on its way, its own timeout counts, which knows whether the handler has started. `onTheWay.ever`:
 *   it has been sent before.
 */
const late = (
  method: Method,
  afterMillis: number,
  onTheWay: { readonly count: number; readonly ever: boolean }
): Effect.Effect<never, ActorError.ActorError> =>
  Effect.callback((resume) => {
    if (afterMillis > longestTimerMillis) return
    const waiter = {
      onDue(): void {
        if (onTheWay.count > 0) wait = method.after(afterMillis, waiter)
        else {
          const handled = onTheWay.ever ? "maybe" : "no"
          resume(Effect.fail(method.failure(new ActorError.TimedOut({ handled, afterMillis, cycle: [] }))))
        }
      }
    }
    let wait = method.after(afterMillis, waiter)
    return Effect.sync(() => wait.giveUp())
  })
