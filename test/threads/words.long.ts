/** What is said of odd errors that end a thread, and of handlers that return no effect. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { type ActorError, ExitCause, System } from "heddle"
import config from "../fixtures/words/config.ts"
import { Odd, Speaker, Thrown } from "../fixtures/words/Speaker.ts"
import { reason, thread, watch } from "./watching.ts"

const printed: Array<string> = []
const logged = Logger.layer([Logger.make(({ message }) => void printed.push([message].flat().join(" ")))])

const names: Partial<Record<typeof Thrown.Type, RegExp>> = {
  "DOMException": /^TimeoutError: marker$/,
  "another realm": /^TypeError: marker$/,
  "Response": /^Response: 503 marker$/,
  "rejected Response": /^Response: 503 marker$/,
  "rejected words": /^string: marker$/,
  "AggregateError": /^AggregateError: marker; two$/,
  "symbol": /^symbol: Symbol\(marker\)$/,
  "undefined": /a falsy value was thrown: undefined/,
  "after one that is handled": /^Error: marker$/,
  "from a handler of errors": /^Error: marker$/
}

layer(Layer.provide(System.layer(config), logged), { excludeTestServices: true, timeout: "1 minute" })(
  "words",
  (it) => {
    for (const what of Thrown.literals) {
      it.effect(`F10: An error that ends a thread keeps its words (${what}), and is printed once.`, () =>
        Effect.gen(function*() {
          const events = yield* watch
          printed.length = 0
          yield* (yield* Speaker).Throw({ what })
          const { cause } = yield* events.next("ThreadExited")
          assert(cause._tag === "Thrown")
          assert.match(ExitCause.format(cause), names[what] ?? /marker/)
          assert.isAtMost(Buffer.byteLength(JSON.stringify(cause)), 65_536)
          yield* events.next("ThreadStarted")
          assert.deepStrictEqual((yield* thread("stage")).lastCause, cause)
          if (what === "undefined") return
          // The words of an AggregateError are its errors', whose stacks follow.
          assert.lengthOf(printed.join("\n").split("marker"), what === "AggregateError" ? 3 : 2)
        }))
    }

    const returned = [
      ["a promise", "a Promise", "Effect.promise", "Effect.promise"],
      ["a rejected promise", "a Promise", "Effect.promise", "Effect.promise"],
      ["undefined", "undefined", "Effect.void", "Stream.empty"],
      ["null", "null", "Effect.succeed", "Stream.make"],
      ["a string", "the string \"words\"", "Effect.succeed", "Stream.make"],
      ["an object", "the object {\"code\":7}", "Effect.succeed", "Stream.make"],
      ["a null prototype", "null prototype", "Effect.succeed", "Stream.make"],
      ["a function", "[Function: later]", "call it", "call it"],
      ["a generator", "a generator", "Effect.fn(function*", "Stream.fromIterable"],
      ["a stream", "a Stream", "stream: true", undefined],
      ["an async generator", "an async generator", "Stream.fromAsyncIterable", "Stream.fromAsyncIterable"],
      ["a proxy", "the object", "Effect.succeed", "Stream.make"],
      ["an effect", "an Effect of the string \"words\"", undefined, "Stream.unwrap"]
    ] as const

    const check = (
      request: "Ask" | "Read",
      call: Effect.Effect<unknown, ActorError.ActorError, Odd>,
      words: string,
      advice: string
    ) =>
      Effect.gen(function*() {
        const crashed = yield* reason(call)
        assert(crashed._tag === "Crashed" && crashed.cause._tag === "Defect")
        const { message } = crashed.cause
        assert.include(message, `Odd.${request} returned`)
        assert.include(message, words)
        assert.include(message, advice)
        // The thread is the same.
        assert.strictEqual((yield* thread("cellar")).incarnation, 1)
        assert.strictEqual(yield* (yield* Odd).Ask({ what: "an effect" }), "words")
      })

    for (const [what, words, advice, streamAdvice] of returned) {
      if (advice !== undefined) {
        it.effect(`F2: A handler that returns ${what} is a defect that names both, and says what to write.`, () =>
          check("Ask", Effect.flatMap(Odd, (odd) => odd.Ask({ what })), words, advice))
      }
      if (streamAdvice !== undefined) {
        it.effect(`F2: A stream's handler that returns ${what} is a defect that names both, too.`, () =>
          check("Read", Effect.flatMap(Odd, (odd) => Stream.runDrain(odd.Read({ what }))), words, streamAdvice))
      }
    }
  }
)
