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

/**
 * The stream of a message: it sends the message each time it is run.
 *
 * **Details**
 * - `millis`: how long to wait until the stream is open, or has failed. Its elements may take as long as they like.
 * - The stream is cancelled when its scope closes before its end.
 */
export const openStream = (
  method: Method,
  input: unknown,
  millis: number,
  envelope?: Envelope
): Stream.Stream<unknown, unknown> =>
  Stream.unwrap(Effect.gen(function*() {
    const payload = prepare(method, input)
    if (payload instanceof CodecIssue) return yield* unsendable(method, payload)
    const obstacle = method.target.obstacle(Fiber.getCurrent(), method.key)
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

/**
 * A stream from its opening to its end.
 *
 * ```text
 *   sent --- open (an empty chunk) ---> elements arrive, wait in `arrived`, are taken ---> settled: the end, or a failure
 *        \-- due, settled ---> failed
 * ```
 *
 * The producer may send as many elements as the reader has asked for and not read: a window of 64, which doubles up to 1024
 * whenever the reader has read all of it and had to wait.
 */
class StreamReader extends Outgoing implements Waiter {
  private readonly method: Method
  /** Elements that the reader has not taken. */
  private arrived: Array<unknown> = []
  /** How the stream ends, once that is known and all that has arrived is taken. */
  private ended: Effect.Effect<never, unknown> | undefined
  /** How many elements may be on their way. */
  private window = 0
  /** Elements read since the window was last made wider. */
  private read = 0
  /** How often the reader has waited since it last read; the first time is for the stream to begin. */
  private waits = 0
  /** Resumes the reader that waits for an element. */
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

  /** The producer has ended, well or not: what has arrived is still read. */
  onSettled(settlement: Settlement): void {
    this.end(Effect.flatMap(resultOf(this.method, this, settlement), () => Cause.done()))
  }

  /** It waits for the stream to be open, not for a place in the mailbox. */
  onAccepted(): void {}

  /** The stream was not open in time. */
  onDue(): void {
    this.end(timedOut(this.method, this, this.millis))
  }

  /** A stream is never part of a deadlock: its reader may do something else meanwhile. */
  onDeadlock(): () => void {
    return nothing
  }

  /** Elements, or none: the stream is open. */
  onChunk(values: ReadonlyArray<unknown>): void {
    this.timeout?.giveUp()
    if (values.length === 0) return this.widen(narrowestWindow)
    for (const value of values) this.arrived.push(value)
    this.wake()
  }

  /** Calls `wake` when elements or the end can be taken. */
  onArrival(wake: () => void): void {
    this.wake = wake
    if (this.arrived.length > 0 || this.ended !== undefined) wake()
    else this.waits++
  }

  /** Takes what has arrived, or the end; undefined if that is still to come. */
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

  /** The reader has left: the producer is interrupted unless the stream has ended. */
  leave(): void {
    this.timeout?.giveUp()
    if (this.ended === undefined) this.method.target.outbox.cancel(this)
  }

  /** Asks for more elements than are read. */
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
