/**
 * Asks and tells: sends one message, and resumes its sender when the message is answered or accepted.
 */
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as ActorError from "../ActorError.ts"
import type { Wait, Waiter } from "../loop/timeouts.ts"
import type { Chain, Envelope, SpanRef } from "../wire/frame.ts"
import { CodecIssue, copyBorrowed, type Encoded } from "../wire/translator.ts"
import { chainOf } from "./callers.ts"
import { longestTimerMillis, type Method, prepare, spanOf, unsendable } from "./method.ts"
import { Outgoing, type Settlement } from "./outgoing.ts"
import { resultOf, timedOut } from "./result.ts"
import { senderOf } from "./sender.ts"

/**
 * Sends a message and waits for its answer.
 *
 * **Details**
 * - `millis`: how long to wait, from the end of this tick. A longer time than Node's timers take waits without limit.
 * - `envelope`: for a message that has middleware.
 * - If the caller is interrupted, the message is taken back, or its handler is interrupted.
 */
export const ask = (
  method: Method,
  input: unknown,
  millis: number,
  envelope?: Envelope
): Effect.Effect<unknown, unknown> =>
  Effect.callback((resume) => {
    // The fiber that asks waits, so its bytes are copied only once, as they are posted, and not another time to keep them.
    // A busy instance gives asks back, though, and their bytes have to be what they were then.
    const borrows = !method.target.outbox.mayBeLocal && !method.target.outbox.isGroup
    const payload = prepare(method, input, borrows)
    if (payload instanceof CodecIssue) return resume(unsendable(method, payload))
    const fiber = Fiber.getCurrent()
    const obstacle = method.target.obstacle(fiber, method.key)
    if (obstacle !== undefined) return resume(Exit.fail(method.failure(obstacle)))
    const message = new OutgoingCall(method, "ask", payload, chainOf(fiber), spanOf(fiber), envelope)
    message.fiber = fiber
    method.target.outbox.send(message)
    if (borrows && message.slot < 0 && payload.format.mayBeBytes) message.replace(copyBorrowed(payload))
    return message.wait(resume, millis)
  })

/**
 * Sends a message and waits until it is accepted: it has a place in the mailbox, or in the outbox while the actor is away.
 *
 * **Details**
 * - Most are accepted at once. Such a tell makes no effect that waits, and no timer.
 */
export const tell = (
  method: Method,
  input: unknown,
  millis: number,
  envelope?: Envelope
): Effect.Effect<unknown, unknown> =>
  Effect.withFiber((fiber) => {
    const { target: { outbox } } = method
    const payload = prepare(method, input)
    if (payload instanceof CodecIssue) return unsendable(method, payload)
    const message = new OutgoingCall(method, "tell", payload, senderOf(fiber), spanOf(fiber), envelope)
    if (outbox.trySend(message)) return Exit.void
    return Effect.callback((resume) => {
      outbox.send(message)
      return message.wait(resume, millis)
    })
  })

/**
 * An ask or a tell, and the fiber that waits for what becomes of it.
 *
 * ```text
 *   sent --- settled before `wait` ---> the fiber goes on at once
 *     |
 *     +----- wait ---> settled, accepted (a tell), due, or in a deadlock ---> the fiber is resumed, once
 *                  \-> the fiber is interrupted: cancel
 * ```
 *
 * It is also the effect by which its caller leaves, because each ask has one and hardly any is run.
 */
class OutgoingCall extends Effectable.Mixin(Outgoing) implements Waiter {
  private readonly method: Method
  /** What became of it, once that is known. */
  private result: Effect.Effect<unknown, unknown> | undefined = undefined
  private resume: ((result: Effect.Effect<unknown, unknown>) => void) | undefined = undefined
  private millis = 0
  private timeout: Wait | undefined = undefined

  constructor(
    method: Method,
    kind: "ask" | "tell",
    payload: Encoded,
    from: Chain,
    span: SpanRef | null,
    envelope?: Envelope
  ) {
    super(kind, method.target.actor, method.message.tag, payload, from, span, envelope, method.key)
    this.method = method
    if (method.message.idempotent) this.mayRunAgain = true
  }

  /** The answer, or why there is none: the caller goes on with it. */
  onSettled(settlement: Settlement): void {
    this.end(resultOf(this.method, this, settlement))
  }

  /** A tell is done now; an ask still waits for its answer. */
  onAccepted(): void {
    if (this.kind === "tell") this.end(Exit.void)
  }

  /** Only streams have elements. */
  onChunk(): void {}

  /** Has a fiber wait. Returns what the fiber does if it is interrupted; nothing if the message is settled already. */
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
    if (millis <= longestTimerMillis) this.timeout = this.method.after(millis, this)
    return this
  }

  /** The timeout: the message is taken back if it can be, and the caller gets `TimedOut` or `Restarting`. */
  onDue(): void {
    this.end(timedOut(this.method, this, this.millis))
  }

  /** Takes the ask back and stops its timer. The function that is returned fails the caller. */
  onDeadlock(cycle: Chain): () => void {
    if (this.result !== undefined) return nothing
    const { method } = this
    const { target: { outbox } } = method
    this.timeout?.giveUp()
    outbox.cancel(this)
    const reason = new ActorError.TimedOut({ handled: "maybe", afterMillis: 0, cycle, deadlock: true })
    return () => this.result === undefined ? this.end(Effect.fail(method.failure(reason))) : undefined
  }

  /** What the caller does when it is interrupted. */
  asEffect(): Effect.Effect<void> {
    this.timeout?.giveUp()
    if (this.result === undefined && !this.cancelled) this.method.target.outbox.cancel(this)
    return Exit.void
  }

  private end(result: Effect.Effect<unknown, unknown>): void {
    this.result = result
    this.timeout?.giveUp()
    this.resume?.(result)
  }
}

const nothing = (): void => {}
