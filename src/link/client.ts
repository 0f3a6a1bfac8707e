/**
 * The typed client of an actor: turns a call into a message on its way, and its settlement into a result.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type * as Actor from "../Actor.ts"
import * as ActorError from "../ActorError.ts"
import type { After, Wait, Waiter } from "../loop/timeouts.ts"
import * as codec from "../wire/codec.ts"
import { type Chain, type Envelope, noChain, type SpanRef } from "../wire/frame.ts"
import { chainOf } from "./callers.ts"
import type { Route } from "./group.ts"
import { intercept, type Interceptor, type Origin } from "./middleware.ts"
import { Outgoing, type Settlement } from "./outgoing.ts"
import { decodeReason } from "./reasons.ts"

/** Where an actor is, seen from this thread. */
export interface Target {
  readonly outbox: Route
  /** The actor's index on its thread. */
  readonly actor: number
  /** Why a fiber must not wait for it. */
  readonly obstacle: (fiber: Fiber.Fiber<unknown, unknown> | undefined) => ActorError.Reason | undefined
}

const defaultTimeout: Duration.Input = "5 seconds"
const longestTimerMillis = 2 ** 31 - 1
/** Elements of a stream that may be on their way: at first, and to a reader that is quicker than they come. */
const narrowestWindow = 64
const widestWindow = 1024

type Options = Actor.CallOptions<boolean>
type Method = (input: unknown, options?: Options) => unknown

/** Makes the client of an actor; `target` is looked up once, when the client is made. */
export const make = (
  actor: Actor.Any,
  target: Target | undefined,
  options: { readonly after: After; readonly known: ReadonlyArray<string>; readonly origin: Origin }
): Readonly<Record<string, Method>> => {
  const name = actor.actorName
  const timeoutMillis = Duration.toMillis(actor.callTimeout ?? defaultTimeout)
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
    const call = { actor: name, message, target, timeoutMillis, after: options.after, failure }
    const interceptor = intercept(name, actor.protocol.requests.get(message.tag), options.origin)
    if (interceptor !== undefined) return [message.tag, intercepted(call, interceptor)]
    return [
      message.tag,
      message.stream
        ? (input, callOptions) => openStream(call, input, millisOf(call, callOptions))
        : (input, callOptions) => send(call, input, callOptions)
    ]
  }))
}

interface Call {
  readonly actor: string
  readonly message: codec.MessageCodec
  readonly target: Target
  /** How long its callers wait that don't say. */
  readonly timeoutMillis: number
  readonly after: After
  readonly failure: (reason: ActorError.Reason) => ActorError.ActorError
}

/** Checks and encodes a payload. */
const prepare = ({ message }: Call, input: unknown, borrows = false): codec.Encoded | codec.Complaint => {
  if (message.constructsNothing) return message.payload.encode(input, borrows)
  const value = message.construct(input)
  return value instanceof codec.Complaint ? value : message.payload.encode(value, borrows)
}

/** The sender's own mistake. */
const unsendable = ({ failure }: Call, { text }: codec.Complaint): Exit.Exit<never, ActorError.ActorError> =>
  Exit.fail(failure(
    new ActorError.NotSendable({ handled: "no", detail: `the payload does not match its schema (${text}).` })
  ))

const millisOf = ({ timeoutMillis }: Call, options: Options | undefined): number =>
  options?.timeout === undefined ? timeoutMillis : Duration.toMillis(options.timeout)

/** An ask, or a tell when `discard` is set. */
const send = (
  call: Call,
  input: unknown,
  options?: Options
): Effect.Effect<unknown, unknown> => {
  const millis = millisOf(call, options)
  return options?.discard === true ? tell(call, input, millis) : ask(call, input, millis)
}

/** What sends a message that has middleware. */
const intercepted = (call: Call, interceptor: Interceptor): Method => {
  if (!call.message.stream) {
    return (input, options) => {
      const discard = options?.discard === true
      return throughParts(
        call,
        interceptor,
        { input, discard, millis: millisOf(call, options) },
        (payload, millis, envelope) => (discard ? tell : ask)(call, payload, millis, envelope)
      )
    }
  }
  return (input, options) =>
    Stream.unwrap(Effect.map(
      throughParts(
        call,
        interceptor,
        { input, discard: false, millis: millisOf(call, options) },
        (payload, millis, envelope) => Effect.succeed(openStream(call, payload, millis, envelope))
      ),
      (stream) =>
        Stream.isStream(stream)
          ? stream
          : Stream.die(
            new Error("the client's part of a middleware returned something else than its next(request) did")
          )
    ))
}

/** Has the client's parts of a message's middleware see it before it is sent, all within the time of the call. */
const throughParts = (
  call: Call,
  interceptor: Interceptor,
  given: { readonly input: unknown; readonly discard: boolean; readonly millis: number },
  send: (payload: unknown, millis: number, envelope: Envelope) => Effect.Effect<unknown, unknown>
): Effect.Effect<unknown, unknown> =>
  Effect.withFiber((fiber) => {
    const { discard, input, millis } = given
    const parts = interceptor.parts()
    const obstacle = discard ? undefined : call.target.obstacle(fiber)
    if (obstacle !== undefined) return Exit.fail(call.failure(obstacle))
    if (parts.length === 0) return send(input, millis, interceptor.envelope(fiber))
    const payload = call.message.construct(input)
    if (payload instanceof codec.Complaint) return unsendable(call, payload)
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
    return Effect.raceFirst(interceptor.through(fiber, parts, request, sent), late(call, millis, onTheWay))
  })

/** Fails when a client's part holds a message up for longer than its call may take. On its way it has its own time-out. */
const late = (
  { after, failure }: Call,
  afterMillis: number,
  onTheWay: { readonly count: number; readonly ever: boolean }
): Effect.Effect<never, ActorError.ActorError> =>
  Effect.callback((resume) => {
    if (afterMillis > longestTimerMillis) return
    const waiter = {
      onDue(): void {
        if (onTheWay.count > 0) wait = after(afterMillis, waiter)
        else {
          const handled = onTheWay.ever ? "maybe" : "no"
          resume(Effect.fail(failure(new ActorError.TimedOut({ handled, afterMillis, cycle: [] }))))
        }
      }
    }
    let wait = after(afterMillis, waiter)
    return Effect.sync(() => wait.giveUp())
  })

const ask = (call: Call, input: unknown, millis: number, envelope?: Envelope): Effect.Effect<unknown, unknown> =>
  Effect.callback((resume) => {
    // The fiber that asks waits, so its bytes are copied only once, as they are posted, and not another time to keep them.
    const borrows = !call.target.outbox.mayBeLocal
    const payload = prepare(call, input, borrows)
    if (payload instanceof codec.Complaint) return resume(unsendable(call, payload))
    const fiber = Fiber.getCurrent()
    const obstacle = call.target.obstacle(fiber)
    if (obstacle !== undefined) return resume(Exit.fail(call.failure(obstacle)))
    const message = new Sending(call, "ask", payload, chainOf(fiber), spanOf(fiber), envelope)
    message.fiber = fiber
    call.target.outbox.send(message)
    if (borrows && message.slot < 0 && payload.how.mayBeBytes) message.payload = codec.own(payload)
    return message.wait(resume, millis)
  })

/** Most tells are accepted at once: then nothing has to wait. */
const tell = (call: Call, input: unknown, millis: number, envelope?: Envelope): Effect.Effect<unknown, unknown> =>
  Effect.withFiber((fiber) => {
    const { target: { outbox } } = call
    const payload = prepare(call, input)
    if (payload instanceof codec.Complaint) return unsendable(call, payload)
    // Nobody waits for what is told.
    const message = new Sending(call, "tell", payload, noChain, spanOf(fiber), envelope)
    if (outbox.trySend(message)) return Exit.void
    return Effect.callback((resume) => {
      outbox.send(message)
      return message.wait(resume, millis)
    })
  })

const spanOf = (fiber: Fiber.Fiber<unknown, unknown> | undefined): SpanRef | null => {
  const span = fiber?.cache.span
  return span === undefined ? null : [span.traceId, span.spanId, span.sampled]
}

/** An ask or a tell, and the fiber that waits for what becomes of it. */
class Sending extends Outgoing implements Waiter {
  /** What became of it, once that is known. */
  private result: Effect.Effect<unknown, unknown> | undefined
  private readonly call: Call
  private resume: ((result: Effect.Effect<unknown, unknown>) => void) | undefined
  private millis = 0
  private timeout: Wait | undefined

  constructor(
    call: Call,
    kind: "ask" | "tell",
    payload: codec.Encoded,
    chain: Chain,
    span: SpanRef | null,
    envelope?: Envelope
  ) {
    super(kind, call.target.actor, call.message.tag, payload, chain, span, envelope)
    this.call = call
  }

  onSettled(settlement: Settlement): void {
    this.end(read(this.call, this, settlement))
  }

  onAccepted(): void {
    if (this.kind === "tell") this.end(Exit.void)
  }

  onChunk(): void {}

  /** The answer is what the caller does when it is interrupted. */
  wait(
    resume: (result: Effect.Effect<unknown, unknown>) => void,
    millis: number
  ): Effect.Effect<void> | undefined {
    if (this.result !== undefined) {
      resume(this.result)
      return undefined
    }
    this.resume = resume
    this.millis = millis
    if (millis <= longestTimerMillis) this.timeout = this.call.after(millis, this)
    return new Leaving(this)
  }

  onDue(): void {
    this.end(timedOut(this.call, this, this.millis))
  }

  onDeadlock(cycle: Chain): () => void {
    if (this.result !== undefined) return nothing
    const { failure, target: { outbox } } = this.call
    this.timeout?.giveUp()
    outbox.cancel(this)
    const reason = new ActorError.TimedOut({ handled: "maybe", afterMillis: 0, cycle, deadlock: true })
    return () => this.result === undefined ? this.end(Effect.fail(failure(reason))) : undefined
  }

  leave(): void {
    this.timeout?.giveUp()
    if (this.result === undefined && !this.cancelled) this.call.target.outbox.cancel(this)
  }

  private end(result: Effect.Effect<unknown, unknown>): void {
    this.result = result
    this.timeout?.giveUp()
    this.resume?.(result)
  }
}

/** What a caller does when it is interrupted. A class, because each ask has one and hardly any is run. */
class Leaving extends Effectable.Class<void> {
  private readonly message: Sending

  constructor(message: Sending) {
    super()
    this.message = message
  }

  asEffect(): Effect.Effect<void> {
    this.message.leave()
    return Exit.void
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
      ? new ActorError.Restarting({ afterMillis, starting: !outbox.hasRun(index) })
      : new ActorError.TimedOut({
        handled,
        afterMillis,
        cycle: message.circle.length > 0 || outbox.isGroup ? message.circle : cycle(message.chain, actor)
      })
  ))
}

const nothing = (): void => {}

/** The loop that an ask has closed, if the actor asked is itself waiting for the asker. */
const cycle = (chain: Chain, actor: string): ReadonlyArray<string> => {
  const from = chain.indexOf(actor)
  return from < 0 ? [] : [...chain.slice(from), actor]
}

/** What became of a message, as the caller gets it. */
const read = (
  call: Call,
  sent: Outgoing,
  settlement: Settlement
): Effect.Effect<unknown, unknown> => {
  const { failure, message, target: { outbox } } = call
  if (settlement[0] === "undelivered") return Exit.fail(failure(settlement[1]))
  const [, , status, wire] = settlement
  const local = outbox.isLocal(sent)
  if (status === "failed") return Exit.fail(failure(decodeReason(local, wire)))
  const translator = status === "success" ? message.success : message.error
  const value = local && !translator.changes() ? wire : translator.decode(wire)
  if (value instanceof codec.Complaint) return undecodable(call, value)
  return status === "success" ? Exit.succeed(value) : Exit.fail(value)
}

const undecodable = ({ failure }: Call, { text }: codec.Complaint): Exit.Exit<never, ActorError.ActorError> =>
  Exit.fail(failure(
    new ActorError.NotSendable({
      handled: "maybe",
      detail: `the actor's reply does not decode where it was asked (${text}). ${codec.versionsDiffer}`
    })
  ))

/** A stream whose producer is never more than a window ahead of the reader, and is interrupted when the reader leaves. */
const openStream = (
  call: Call,
  input: unknown,
  millis: number,
  envelope?: Envelope
): Stream.Stream<unknown, unknown> =>
  Stream.unwrap(Effect.gen(function*() {
    const payload = prepare(call, input)
    if (payload instanceof codec.Complaint) return yield* unsendable(call, payload)
    const obstacle = call.target.obstacle(Fiber.getCurrent())
    if (obstacle !== undefined) return yield* Exit.fail(call.failure(obstacle))
    const reading = yield* Effect.acquireRelease(
      Effect.withFiber((fiber) =>
        Effect.succeed(new Reading(call, payload, chainOf(fiber), spanOf(fiber), millis, envelope))
      ),
      (reading) => Effect.sync(() => reading.leave())
    )
    const arrival = Effect.callback<void>((resume) => reading.onArrival(() => resume(Effect.void)))
    const take: Effect.Effect<codec.Elements, unknown> = Effect.suspend(() =>
      reading.take() ?? Effect.flatMap(arrival, () => take)
    )
    return Stream.fromPull(Effect.succeed(take))
  }))

/** A stream from its opening to its end, at the reader's side. */
class Reading extends Outgoing implements Waiter {
  private readonly call: Call
  private arrived: Array<unknown> = []
  private ended: Effect.Effect<never, unknown> | undefined
  private window = 0
  /** Elements read since the window was last made wider. */
  private read = 0
  /** How often the reader has waited since it last read; the first time is for the stream to begin. */
  private waits = 0
  private wake = () => {}
  private readonly millis: number
  private readonly timeout: Wait | undefined

  constructor(
    call: Call,
    payload: codec.Encoded,
    chain: Chain,
    span: SpanRef | null,
    millis: number,
    envelope?: Envelope
  ) {
    super("open", call.target.actor, call.message.tag, payload, chain, span, envelope)
    this.call = call
    this.millis = millis
    if (millis <= longestTimerMillis) this.timeout = call.after(millis, this)
    call.target.outbox.send(this)
  }

  onSettled(settlement: Settlement): void {
    this.end(Effect.flatMap(read(this.call, this, settlement), () => Cause.done()))
  }

  onAccepted(): void {}

  onDue(): void {
    this.end(timedOut(this.call, this, this.millis))
  }

  // Who opens a stream may do something else meanwhile.
  onDeadlock(): () => void {
    return nothing
  }

  onChunk(values: ReadonlyArray<unknown>): void {
    this.timeout?.giveUp()
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
    if (this.ended === undefined) this.call.target.outbox.pull(this, arrived.length, arrived.length)
    this.read += arrived.length
    // It has read a whole window, and had to wait: it is quicker than the elements come.
    if (this.waits > 1 && this.read >= this.window && this.window < widestWindow) this.widen(this.window)
    this.waits = 1
    const { message, target } = this.call
    const elements = target.outbox.isLocal(this) && !message.elements.changes()
      ? arrived
      : message.elements.decode(arrived)
    return elements instanceof codec.Complaint ? undecodable(this.call, elements) : Effect.succeed(elements)
  }

  leave(): void {
    this.timeout?.giveUp()
    if (this.ended === undefined) this.call.target.outbox.cancel(this)
  }

  private widen(by: number): void {
    this.window += by
    this.read = 0
    this.call.target.outbox.pull(this, by, 0)
  }

  private end(how: Effect.Effect<never, unknown>): void {
    this.timeout?.giveUp()
    this.ended = how
    this.wake()
  }
}
