/** Streams of large elements, and how callers of an actor wait. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import config from "../fixtures/streaming/config.ts"
import { Hasty, type Kind, Source } from "../fixtures/streaming/Source.ts"
import { quietly, reason } from "./watching.ts"

const now = { startImmediately: true }

/** Kilobytes that a stream may be ahead of its reader: its window, and what the reader has taken of the one before. */
const mostAhead = 2 * 1024

/** Reads elements one at a time, and says how far the producer was ahead at most. */
const readSlowly = (options: { kind: Kind; kilobytes: number; together: number; elements: number }) =>
  Effect.gen(function*() {
    const source = yield* Source
    let read = 0
    let ahead = 0
    const note = Effect.map(source.Made(), (made) => {
      ahead = Math.max(ahead, made - ++read)
    })
    yield* Stream.runForEach(Stream.take(source.Large(options), options.elements), () => note)
    return ahead
  })

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("streams", (it) => {
  const kinds: ReadonlyArray<readonly [Kind, kilobytes: number, together: number, elements: number]> = [
    ["bytes", 4096, 1, 10],
    ["bytes", 64, 1, 100],
    ["text", 512, 1, 30],
    ["page", 256, 1, 30],
    ["numbers", 128, 1, 30]
  ]
  for (const [kind, kilobytes, together, elements] of kinds) {
    it.effect(`D15: Of elements of ${kilobytes} KB of ${kind}, few are made ahead of a slow reader.`, () =>
      Effect.gen(function*() {
        const ahead = yield* readSlowly({ kind, kilobytes, together, elements })
        // The producer makes one, which waits, and one that is larger than the window is let through alone.
        assert.isAtMost(ahead, mostAhead / kilobytes + 3)
      }))
  }

  it.effect("D15: An array of many large elements goes in parts, as its reader reads.", () =>
    Effect.gen(function*() {
      const source = yield* Source
      const lengths: Array<number> = []
      const chunks = source.Bytes({ kind: "bytes", kilobytes: 256, together: 50 }).pipe(
        Stream.chunks,
        Stream.take(20)
      )
      yield* Stream.runForEach(chunks, (chunk) => Effect.sync(() => lengths.push(chunk.length)))
      for (const length of lengths) assert.isAtMost(length, 5)
    }))

  it.effect("D15: Few elements are made ahead of a slow reader within a thread, too.", () =>
    Effect.gen(function*() {
      const source = yield* Source
      assert.isAtMost(yield* source.ReadOwn({ elements: 30, kilobytes: 512 }), mostAhead / 512 + 3)
    }))

  it.effect("D8: A stream takes the time-out of its call, until it is open.", () =>
    Effect.gen(function*() {
      const hasty = yield* Hasty
      const holding = yield* Effect.forkChild(reason(hasty.Hold(undefined, { timeout: "Infinity" })), now)
      const mine = yield* reason(Stream.runCollect(hasty.Elements(undefined, { timeout: "20 millis" })))
      assert.deepInclude(mine, { _tag: "TimedOut", afterMillis: 20, handled: "no" })
      const patient = yield* Effect.forkChild(
        Stream.runCollect(hasty.Elements(undefined, { timeout: "Infinity" })),
        now
      )
      yield* Fiber.interrupt(holding)
      assert.deepStrictEqual(Array.from(yield* Fiber.join(patient)), [1, 2, 3])
    }))

  it.effect("D4: An actor says with its protocol how long its callers wait.", () =>
    Effect.gen(function*() {
      const hasty = yield* Hasty
      const holding = yield* Effect.forkChild(reason(hasty.Hold(undefined, { timeout: "1 minute" })), now)
      assert.deepInclude(yield* reason(hasty.Hold()), { _tag: "TimedOut", afterMillis: 40 })
      assert.deepInclude(yield* reason(hasty.Hold(undefined, { timeout: 15 })), { _tag: "TimedOut", afterMillis: 15 })
      assert.deepInclude(yield* reason(Stream.runDrain(hasty.Elements())), { _tag: "TimedOut", afterMillis: 40 })
      yield* Fiber.interrupt(holding)
    }))
})
