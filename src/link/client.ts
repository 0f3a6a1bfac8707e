/**
 * The typed client of an actor: turns a call into a message on its way, and its settlement into a result.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import * as codec from "./codec.ts"
import type { Chain, SpanRef } from "./frame.ts"
import type { Outbox, Outgoing, Sent, Settlement } from "./outbox.ts"

/** Where an actor is, seen from this thread. */
export interface Target {
  readonly outbox: Outbox
  /** The actor's index on its thread. */
  readonly actor: number
}

/** Calls `f` after so many milliseconds, unless the answer is called before. */
export type After = (millis: number, f: () => void) => () => void

/** Waits by the timers of Node. */
export const onTimer: After = (millis, f) => {
  const timer = setTimeout(f, millis)
  return () => clearTimeout(timer)
}

/** The actors that wait for the handler that is running in this fiber, itself last. Empty outside of actors. */
export const CallChain = Context.Reference<Chain>("heddle/CallChain", { defaultValue: () => [] })

const defaultTimeoutMillis = 5000
const longestTimerMillis = 2 ** 31 - 1
/** Elements of a stream that may be on their way to a reader. */
const window = 64

type Method = (input: unknown, options?: Actor.CallOptions<boolean>) => unknown

/** Makes the client of an actor; `target` is looked up once, when the client is made. */
export const make = (
  actor: Actor.Any,
  target: Target | undefined,
  options: { readonly after: After; readonly known: ReadonlyArray<string> }
): Readonly<Record<string, Method>> => {
  const name = actor.actorName
  const protocol = codec.make(actor.protocol.requests)
  return Object.fromEntries(Array.from(protocol.values(), (message): [string, Method] => {
    const failure = (reason: ActorError.Reason) =>
      new ActorError.ActorError({ actor: name, request: message.tag, reason })
    if (target === undefined) {
      const missing = failure(
        new ActorError.NotRunning({ why: "no thread of this system declares the actor", known: options.known })
      )
      return [message.tag, () => message.stream ? Stream.fail(missing) : Effect.fail(missing)]
    }
    const call = { actor: name, message, target, after: options.after, failure }
    return [
      message.tag,
      message.stream
        ? (input) => openStream(call, input)
        : (input, callOptions) => send(call, input, callOptions)
    ]
  }))
}

interface Call {
  readonly actor: string
  readonly message: codec.MessageCodec
  readonly target: Target
  readonly after: After
  readonly failure: (reason: ActorError.Reason) => ActorError.ActorError
}

/** Checks and encodes a payload; the failure is the sender's own. */
const prepare = (call: Call, input: unknown): Result.Result<codec.Encoded, ActorError.ActorError> => {
  const { message, target } = call
  const payload = !target.outbox.local && message.constructsNothing
    ? message.payload.encode(input)
    : Result.flatMap(
      message.construct(input),
      (value) => target.outbox.local ? Result.succeed(codec.plain(value)) : message.payload.encode(value)
    )
  return Result.mapError(payload, (complaint) =>
    call.failure(
      new ActorError.NotSendable({ handled: "no", detail: `the payload does not match its schema (${complaint}).` })
    ))
}

/** An ask, or a tell when `discard` is set. */
const send = (
  call: Call,
  input: unknown,
  options?: Actor.CallOptions<boolean>
): Effect.Effect<unknown, unknown> => {
  const { failure, message, target } = call
  const tell = options?.discard === true
  const millis = options?.timeout === undefined ? defaultTimeoutMillis : Duration.toMillis(options.timeout)
  return Effect.withFiber((fiber) =>
    Effect.callback<unknown, unknown>((resume) => {
      const payload = prepare(call, input)
      if (Result.isFailure(payload)) return resume(Effect.fail(payload.failure))
      const chain = fiber.getRef(CallChain)
      let stopTimer = () => {}
      let over = false
      const finish = (result: Effect.Effect<unknown, unknown>): void => {
        over = true
        stopTimer()
        resume(result)
      }
      const sent = target.outbox.send({
        kind: tell ? "tell" : "ask",
        actor: target.actor,
        tag: message.tag,
        payload: payload.success,
        chain,
        span: spanOf(fiber.context),
        settle: (settlement) => finish(read(call, message.success, settlement)),
        accepted: () => {
          if (tell) finish(Effect.void)
        },
        chunk: () => {}
      })
      if (over) return undefined
      if (millis <= longestTimerMillis) {
        stopTimer = call.after(millis, () => {
          over = true
          const running = target.outbox.isRunning(target.actor)
          const handled = sent.cancel()
          resume(Effect.fail(failure(
            handled === "no" && !running
              ? new ActorError.Restarting({ afterMillis: millis })
              : new ActorError.TimedOut({ handled, afterMillis: millis, cycle: cycle(chain, call.actor) })
          )))
        })
      }
      return Effect.sync(() => {
        stopTimer()
        if (!over) sent.cancel()
      })
    })
  )
}

const spanOf = (context: Context.Context<never>): SpanRef | null => {
  const span = Context.getOrUndefined(context, Tracer.ParentSpan)
  return span === undefined ? null : [span.traceId, span.spanId, span.sampled]
}

/** The loop that an ask has closed, if the actor asked is itself waiting for the asker. */
const cycle = (chain: Chain, actor: string): ReadonlyArray<string> => {
  const from = chain.indexOf(actor)
  return from < 0 ? [] : [...chain.slice(from), actor]
}

const read = (
  call: Call,
  success: codec.MessageCodec["success"],
  settlement: Settlement
): Effect.Effect<unknown, unknown> => {
  const { failure, message, target: { outbox: { local } } } = call
  const decode = (translate: codec.MessageCodec["success"], wire: unknown): Effect.Effect<unknown, unknown> => {
    if (local) return Effect.succeed(wire)
    const value = translate.decode(wire)
    return Result.isSuccess(value) ? Effect.succeed(value.success) : Effect.fail(failure(
      new ActorError.NotSendable({
        handled: "maybe",
        detail: `the actor's reply does not decode where it was asked (${value.failure}). ` +
          `Caller and actor run different versions of the protocol: restart the one that is older.`
      })
    ))
  }
  switch (settlement[0]) {
    case "success":
      return decode(success, settlement[1])
    case "error":
      return Effect.flatMap(decode(message.error, settlement[1]), Effect.fail)
    case "failed":
      return Effect.fail(failure(codec.decodeReason(local, settlement[1])))
    case "undelivered":
      return Effect.fail(failure(settlement[1]))
  }
}

/** A stream whose producer is never more than a window ahead of the reader, and is interrupted when the reader leaves. */
const openStream = (call: Call, input: unknown): Stream.Stream<unknown, unknown> =>
  Stream.unwrap(Effect.gen(function*() {
    const payload = yield* Effect.fromResult(prepare(call, input))
    const chain = yield* CallChain
    const span = spanOf(yield* Effect.context<never>())
    let arrived: Array<unknown> = []
    let ended: Effect.Effect<never, unknown> | undefined
    let wake = () => {}
    let sent: Sent | undefined
    const end = (how: Effect.Effect<never, unknown>): void => {
      ended = how
      wake()
    }
    const stopTimer = call.after(defaultTimeoutMillis, () => {
      const running = call.target.outbox.isRunning(call.target.actor)
      const handled = sent?.cancel() ?? "no"
      sent = undefined
      end(Effect.fail(call.failure(
        handled === "no" && !running
          ? new ActorError.Restarting({ afterMillis: defaultTimeoutMillis })
          : new ActorError.TimedOut({ handled, afterMillis: defaultTimeoutMillis, cycle: cycle(chain, call.actor) })
      )))
    })
    const message: Outgoing = {
      kind: "open",
      actor: call.target.actor,
      tag: call.message.tag,
      payload,
      chain,
      span,
      settle(settlement) {
        stopTimer()
        sent = undefined
        end(Effect.flatMap(read(call, codec.nothing, settlement), () => Cause.done()))
      },
      accepted: () => {},
      chunk(values) {
        stopTimer()
        if (values.length === 0) return sent?.pull(window)
        for (const value of values) arrived.push(value)
        wake()
      }
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        const opened = call.target.outbox.send(message)
        if (ended === undefined) sent = opened
      }),
      () =>
        Effect.sync(() => {
          stopTimer()
          sent?.cancel()
        })
    )
    const arrival = Effect.callback<void>((resume) => {
      wake = () => resume(Effect.void)
      if (arrived.length > 0 || ended !== undefined) wake()
    })
    const take: Effect.Effect<readonly [unknown, ...Array<unknown>], unknown> = Effect.suspend(() => {
      const [first, ...rest] = arrived
      if (arrived.length === 0) return ended ?? Effect.flatMap(arrival, () => take)
      arrived = []
      sent?.pull(rest.length + 1)
      return decodeAll(call, [first, ...rest])
    })
    return Stream.fromPull(Effect.succeed(take))
  }))

const decodeAll = (
  call: Call,
  wire: readonly [unknown, ...Array<unknown>]
): Effect.Effect<readonly [unknown, ...Array<unknown>], unknown> => {
  if (call.target.outbox.local) return Effect.succeed(wire)
  return Effect.map(
    Effect.forEach(wire, (value) => read(call, call.message.success, ["success", value])),
    ([first, ...rest]) => [first, ...rest]
  )
}
