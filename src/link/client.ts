/**
 * The typed client of an actor: turns a call into a message on its way, and its settlement into a result.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import type { After } from "./after.ts"
import * as codec from "./codec.ts"
import type { Chain } from "./frame.ts"
import { type Letter, type Outbox, Outgoing, type Settlement } from "./outbox.ts"

/** Where an actor is, seen from this thread. */
export interface Target {
  readonly outbox: Outbox
  /** The actor's index on its thread. */
  readonly actor: number
}

/** The actors that wait for the handler that is running in this fiber, itself last. Empty outside of actors. */
export const CallChain = Context.Reference<Chain>("heddle/CallChain", { defaultValue: () => [] })

const defaultTimeoutMillis = 5000
const longestTimerMillis = 2 ** 31 - 1
/** Elements of a stream that may be on their way: at first, and to a reader that is quicker than they come. */
const narrowestWindow = 64
const widestWindow = 1024

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
  const kind = options?.discard === true ? "tell" : "ask"
  const millis = options?.timeout === undefined ? defaultTimeoutMillis : Duration.toMillis(options.timeout)
  return Effect.callback<unknown, unknown>((resume) => {
    const payload = prepare(call, input)
    if (Result.isFailure(payload)) return resume(Effect.fail(payload.failure))
    const message = new Sending(call, letterOf(call, kind, payload.success, Fiber.getCurrent()?.context), resume)
    call.target.outbox.send(message)
    if (message.over) return undefined
    if (millis <= longestTimerMillis) message.endAfter(millis)
    return Effect.sync(() => message.leave())
  })
}

const nobody: Chain = []

const letterOf = (
  { message: { tag }, target: { actor } }: Call,
  kind: Letter["kind"],
  payload: codec.Encoded,
  context: Context.Context<never> = Context.empty()
): Letter => {
  const span = Context.getOrUndefined(context, Tracer.ParentSpan)
  return {
    kind,
    actor,
    tag,
    payload,
    // Nobody waits for what is told.
    chain: kind === "tell" ? nobody : Context.get(context, CallChain),
    span: span === undefined ? null : [span.traceId, span.spanId, span.sampled]
  }
}

/** An ask or a tell, and the fiber that waits for what becomes of it. */
class Sending extends Outgoing {
  over = false
  private readonly call: Call
  private readonly resume: (result: Effect.Effect<unknown, unknown>) => void
  private stopTimer: (() => void) | undefined

  constructor(call: Call, letter: Letter, resume: (result: Effect.Effect<unknown, unknown>) => void) {
    super(letter)
    this.call = call
    this.resume = resume
  }

  onSettled(settlement: Settlement): void {
    this.end(read(this.call, settlement))
  }

  onAccepted(): void {
    if (this.letter.kind === "tell") this.end(Effect.void)
  }

  onChunk(): void {}

  endAfter(millis: number): void {
    this.stopTimer = this.call.after(millis, () => this.end(timedOut(this.call, this, millis)))
  }

  /** The fiber waits no more. */
  leave(): void {
    this.stopTimer?.()
    if (!this.over) this.call.target.outbox.cancel(this)
  }

  private end(result: Effect.Effect<unknown, unknown>): void {
    this.over = true
    this.stopTimer?.()
    this.resume(result)
  }
}

/** Takes back a message whose time is over; the failure says how far it may have come. */
const timedOut = (
  { actor, failure, target: { actor: index, outbox } }: Call,
  message: Outgoing,
  afterMillis: number
): Effect.Effect<never, ActorError.ActorError> => {
  const running = outbox.isRunning(index)
  const handled = outbox.cancel(message)
  return Effect.fail(failure(
    handled === "no" && !running
      ? new ActorError.Restarting({ afterMillis })
      : new ActorError.TimedOut({ handled, afterMillis, cycle: cycle(message.letter.chain, actor) })
  ))
}

/** The loop that an ask has closed, if the actor asked is itself waiting for the asker. */
const cycle = (chain: Chain, actor: string): ReadonlyArray<string> => {
  const from = chain.indexOf(actor)
  return from < 0 ? [] : [...chain.slice(from), actor]
}

/** What became of a message, as the caller gets it. */
const read = (
  call: Call,
  settlement: Settlement
): Effect.Effect<unknown, unknown> => {
  const { failure, message, target: { outbox: { local } } } = call
  switch (settlement[0]) {
    case "success":
      return local ? Effect.succeed(settlement[1]) : Effect.fromResult(decode(call, message.success, settlement[1]))
    case "error":
      return local
        ? Effect.fail(settlement[1])
        : Effect.flatMap(Effect.fromResult(decode(call, message.error, settlement[1])), Effect.fail)
    case "failed":
      return Effect.fail(failure(codec.decodeReason(local, settlement[1])))
    case "undelivered":
      return Effect.fail(failure(settlement[1]))
  }
}

const decode = <A>(
  { failure }: Call,
  translate: codec.Translator<A>,
  wire: unknown
): Result.Result<A, ActorError.ActorError> =>
  Result.mapError(translate.decode(wire), (complaint) =>
    failure(
      new ActorError.NotSendable({
        handled: "maybe",
        detail: `the actor's reply does not decode where it was asked (${complaint}). ` +
          `Caller and actor run different versions of the protocol: restart the one that is older.`
      })
    ))

/** A stream whose producer is never more than a window ahead of the reader, and is interrupted when the reader leaves. */
const openStream = (call: Call, input: unknown): Stream.Stream<unknown, unknown> =>
  Stream.unwrap(Effect.gen(function*() {
    const payload = yield* Effect.fromResult(prepare(call, input))
    const letter = letterOf(call, "open", payload, yield* Effect.context<never>())
    const reading = yield* Effect.acquireRelease(
      Effect.sync(() => new Reading(call, letter)),
      (reading) => Effect.sync(() => reading.leave())
    )
    const arrival = Effect.callback<void>((resume) => reading.onArrival(() => resume(Effect.void)))
    const take: Effect.Effect<codec.Elements, unknown> = Effect.suspend(() =>
      reading.take() ?? Effect.flatMap(arrival, () => take)
    )
    return Stream.fromPull(Effect.succeed(take))
  }))

/** A stream from its opening to its end, at the reader's side. */
class Reading extends Outgoing {
  private readonly call: Call
  private arrived: Array<unknown> = []
  private ended: Effect.Effect<never, unknown> | undefined
  private window = 0
  /** Elements read since the window was last made wider. */
  private read = 0
  /** How often the reader has waited since it last read; the first time is for the stream to begin. */
  private waits = 0
  private wake = () => {}
  private readonly stopTimer: () => void

  constructor(call: Call, letter: Letter) {
    super(letter)
    this.call = call
    this.stopTimer = call.after(
      defaultTimeoutMillis,
      () => this.end(timedOut(call, this, defaultTimeoutMillis))
    )
    call.target.outbox.send(this)
  }

  onSettled(settlement: Settlement): void {
    this.end(Effect.flatMap(read(this.call, settlement), () => Cause.done()))
  }

  onAccepted(): void {}

  onChunk(values: ReadonlyArray<unknown>): void {
    this.stopTimer()
    if (values.length === 0) return this.widen(narrowestWindow)
    for (const value of values) this.arrived.push(value)
    this.wake()
  }

  onArrival(wake: () => void): void {
    this.wake = wake
    if (this.arrived.length > 0 || this.ended !== undefined) wake()
    else this.waits++
  }

  /** What has arrived, or the end; nothing when that is still to come. */
  take(): Effect.Effect<codec.Elements, unknown> | undefined {
    const { arrived } = this
    if (!Arr.isArrayNonEmpty(arrived)) return this.ended
    this.arrived = []
    if (this.ended === undefined) this.call.target.outbox.pull(this, arrived.length)
    this.read += arrived.length
    // It has read a whole window, and had to wait: it is quicker than the elements come.
    if (this.waits > 1 && this.read >= this.window && this.window < widestWindow) this.widen(this.window)
    this.waits = 1
    const { message, target } = this.call
    return target.outbox.local
      ? Effect.succeed(arrived)
      : Effect.fromResult(decode(this.call, message.elements, arrived))
  }

  leave(): void {
    this.stopTimer()
    if (this.ended === undefined) this.call.target.outbox.cancel(this)
  }

  private widen(by: number): void {
    this.window += by
    this.read = 0
    this.call.target.outbox.pull(this, by)
  }

  private end(how: Effect.Effect<never, unknown>): void {
    this.stopTimer()
    this.ended = how
    this.wake()
  }
}
