/**
 * The elements of a stream on their way to its reader.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Delivery } from "../link/delivery.ts"
import { noQueue, type Runnable } from "./runnable.ts"

/**
 * Sends the elements of a stream, or of an effect of a queue, as far as the reader's window is open. Completes when there are no
 * more. `request` is `Actor.Message`.
 */
export const sendElements = (delivery: Delivery, request: string, source: Runnable): Effect.Effect<void, unknown> => {
  const { window } = delivery
  const send = (values: ReadonlyArray<unknown>, from = 0): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (window === undefined || from === values.length) return Effect.void
      const to = window.take(values, from)
      if (to === from) return Effect.flatMap(windowOpen, () => send(values, from))
      delivery.emit(from === 0 && to === values.length ? values : values.slice(from, to))
      return send(values, to)
    })
  const windowOpen = Effect.callback<void>((resume) => {
    if (window === undefined) return resume(Effect.void)
    window.onGrant = () => {
      if (window.isOpen) resume(Effect.void)
    }
    window.onGrant()
  })
  const sendAll = (elements: Stream.Stream<unknown, unknown>) =>
    Stream.runForEachArray(elements, (values) => send(values))
  return Effect.suspend(() => {
    // The stream is open.
    delivery.emit([])
    return Effect.isEffect(source)
      ? Effect.flatMap(source, (queue) => sendAll(Stream.fromQueue(asQueue(queue, request))))
      : sendAll(source)
  })
}

const asQueue = (value: unknown, request: string): Queue.Dequeue<unknown, unknown> => {
  if (Queue.isDequeue(value)) return value
  throw noQueue(request, value)
}
