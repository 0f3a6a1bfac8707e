/**
 * The reading end of a stream. The producer is never more than a window ahead of the reader, and is interrupted when the
 * reader leaves. The window grows while the reader has to wait for elements.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { Wait, Waiter } from "../loop/timeouts.ts"
import type * as codec from "../wire/codec.ts"
import type { Chain, Envelope, SpanRef } from "../wire/frame.ts"
import { CodecIssue, type Encoded } from "../wire/translator.ts"
import { chainOf } from "./callers.ts"
import { longestTimerMillis, type Method, prepare, spanOf, unsendable } from "./method.ts"
import { Outgoing, type Settlement } from "./outgoing.ts"
import { resultOf, timedOut, undecodable } from "./result.ts"

/** Elements of a stream that may be on their way: at first, and to a reader that is quicker than they come. */
const narrowestWindow = 64
const widestWindow = 1024

/** Opens a stream each time it is run; it has to be open within `millis` milliseconds. */
export const openStream = (
  method: Method,
  input: unknown,
  millis: number,
  envelope?: Envelope
): Stream.Stream<unknown, unknown> =>
  Stream.unwrap(Effect.gen(function*() {
    const payload = prepare(method, input)
    if (payload instanceof CodecIssue) return yield* unsendable(method, payload)
    const obstacle = method.target.obstacle(Fiber.getCurrent())
    if (obstacle !== undefined) return yield* Effect.fail(method.failure(obstacle))
    const reading = yield* Effect.acquireRelease(
      Effect.withFiber((fiber) =>
        Effect.succeed(new StreamReader(method, payload, chainOf(fiber), spanOf(fiber), millis, envelope))
      ),
      (reading) => Effect.sync(() => reading.leave())
    )
    const arrival = Effect.callback<void>((resume) => reading.onArrival(() => resume(Effect.void)))
    const take: Effect.Effect<codec.Elements, unknown> = Effect.suspend(() =>
      reading.take() ?? Effect.flatMap(arrival, () => take)
    )
    return Stream.fromPull(Effect.succeed(take))
  }))

/** A stream from its opening to its end. */
class StreamReader extends Outgoing implements Waiter {
  private readonly method: Method
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
    method: Method,
    payload: Encoded,
    chain: Chain,
    span: SpanRef | null,
    millis: number,
    envelope?: Envelope
  ) {
    super("open", method.target.actor, method.message.tag, payload, chain, span, envelope, method.key)
    this.method = method
    this.millis = millis
    if (millis <= longestTimerMillis) this.timeout = method.after(millis, this)
    method.target.outbox.send(this)
  }

  onSettled(settlement: Settlement): void {
    this.end(Effect.flatMap(resultOf(this.method, this, settlement), () => Cause.done()))
  }

  onAccepted(): void {}

  onDue(): void {
    this.end(timedOut(this.method, this, this.millis))
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
    if (this.ended === undefined) this.method.target.outbox.pull(this, arrived.length, arrived.length)
    this.read += arrived.length
    // It has read a whole window, and had to wait: it is quicker than the elements come.
    if (this.waits > 1 && this.read >= this.window && this.window < widestWindow) this.widen(this.window)
    this.waits = 1
    const { message, target } = this.method
    const elements = target.outbox.isLocal(this) && !message.elements.changes()
      ? arrived
      : message.elements.decode(arrived)
    return elements instanceof CodecIssue ? undecodable(this.method, elements) : Effect.succeed(elements)
  }

  leave(): void {
    this.timeout?.giveUp()
    if (this.ended === undefined) this.method.target.outbox.cancel(this)
  }

  private widen(by: number): void {
    this.window += by
    this.read = 0
    this.method.target.outbox.pull(this, by, 0)
  }

  private end(result: Effect.Effect<never, unknown>): void {
    this.timeout?.giveUp()
    this.ended = result
    this.wake()
  }
}

const nothing = (): void => {}
