/**
 * The readers of dead letters with their payloads.
 *
 * ```text
 *   no reader --- read ---> payloads are wanted --- the last reader leaves ---> no reader
 * ```
 */
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { Letter } from "../control/deadLetters.ts"

/** How many letters a reader may be behind before it misses the oldest: each holds a payload. */
const capacity = 256

/** What comes after the last letter. */
const end = "end"

/** Makes the letter box, which nobody reads yet. `onRead` is called when the first reader comes and when the last one leaves. */
export const make = Effect.fnUntraced(function*(onRead: (isRead: boolean) => void) {
  const pubsub = yield* PubSub.sliding<Letter | typeof end>(capacity)
  let readers = 0
  const count = (by: number) =>
    Effect.sync(() => {
      const before = readers
      readers += by
      if ((before > 0) !== (readers > 0)) onRead(readers > 0)
    })
  return {
    /** Whether threads have to report payloads. */
    isRead: (): boolean => readers > 0,
    /** Hands a letter to all readers. */
    put: (letter: Letter): void => void PubSub.publishUnsafe(pubsub, letter),
    /** The system has ended: so do all readers. */
    end: (): void => void PubSub.publishUnsafe(pubsub, end),
    /** Everything from now on, until the system has ended. */
    letters: Stream.unwrap(Effect.gen(function*() {
      const subscription = yield* PubSub.subscribe(pubsub)
      yield* Effect.acquireRelease(count(1), () => count(-1))
      return Stream.fromSubscription(subscription)
    })).pipe(Stream.takeWhile((letter): letter is Letter => letter !== end))
  }
})
