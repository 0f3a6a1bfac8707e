/**
 * Says what a handler has returned that is no answer, and what to write instead: most times `async` was meant, or a
 * `return` is missing.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { types } from "node:util"
import * as thrown from "../base/thrown.ts"

/** What runs the handler of a message: of a stream, its elements or an effect of a queue of them. */
export type Runnable = Effect.Effect<unknown, unknown> | Stream.Stream<unknown, unknown>

/** Takes what a handler has returned; anything that can't be run dies with what it is. `request` is `Actor.Message`. */
export const runnable = (request: string, stream: boolean, value: unknown): Runnable => {
  if (isMarked(value, Effect.isEffect) && Effect.isEffect(value)) return answers(value)
  if (stream && isMarked(value, Stream.isStream) && Stream.isStream(value)) return elements(value)
  // Its failure is not another one.
  if (types.isPromise(value)) value.catch(() => {})
  const { advice, what } = explain(value, stream)
  const kind = stream ? "a Stream, or an Effect of a queue" : "an Effect"
  return Effect.die(new TypeError(`${request} returned ${what}; its handler returns ${kind}: ${advice}`))
}

// What a guard finds out has lost the types of its content, which are those of the protocol.
const answers = (value: Effect.Effect<unknown, unknown, unknown>) => value as Effect.Effect<unknown, unknown>
const elements = (value: Stream.Stream<unknown, unknown, unknown>) => value as Stream.Stream<unknown, unknown>

/** Whether a value has the mark that a guard looks for. What is no object has none; a proxy may throw. */
export const isMarked = (value: unknown, isIt: (value: object) => boolean): boolean => {
  try {
    return ((typeof value === "object" && value !== null) || typeof value === "function") && isIt(value)
  } catch {
    return false
  }
}

/** The same for what the effect of a stream's handler has succeeded with. */
export const noQueue = (request: string, value: unknown): TypeError =>
  new TypeError(
    `${request} returned an Effect of ${
      explain(value, true).what
    }; its handler returns a Stream, or an Effect of a queue: ` +
      "write Stream.unwrap around an Effect of a Stream"
  )

/** What a value is that can't be run, and what to write instead. */
interface Explained {
  readonly what: string
  readonly advice: string
}

/** Explains the usual mistakes by what was meant; any other value by its type and text. */
const explain = (value: unknown, stream: boolean): Explained => usualMistake(value, stream) ?? plainValue(value, stream)

/** What a handler has returned by a common mistake, and what to write instead. */
const usualMistake = (value: unknown, stream: boolean): Explained | undefined => {
  if (types.isPromise(value)) {
    return {
      what: "a Promise",
      advice: stream ? "write Stream.fromEffect(Effect.promise(() => ...))" : "write Effect.promise(() => ...)"
    }
  }
  if (isMarked(value, Stream.isStream)) {
    return { what: "a Stream", advice: "declare the message with `stream: true`, or run the Stream" }
  }
  if (typeof value === "function") {
    const advice = `call it, or write ${stream ? "Stream.fromEffect" : "Effect.sync"}`
    return { what: thrown.text(value), advice }
  }
  if (value === undefined) {
    return { what: "undefined", advice: `return ${stream ? "the Stream" : "the Effect"}, or write ${empty(stream)}` }
  }
  return types.isGeneratorObject(value) ? generator(value, stream) : undefined
}

const generator = (value: object, stream: boolean): Explained => {
  const isAsync = Object.prototype.toString.call(value) === "[object AsyncGenerator]"
  return isAsync
    ? { what: "an async generator", advice: `write Stream.fromAsyncIterable${stream ? "" : ", and run it"}` }
    : { what: "a generator", advice: stream ? "write Stream.fromIterable" : "write Effect.fn(function*() { ... })" }
}

/** A value that is neither an Effect nor a Stream. */
const plainValue = (value: unknown, stream: boolean): Explained => {
  const { name } = thrown.describe(value)
  const shown = thrown.cut(thrown.text(value), 200)
  const what = typeof value === "string" ? `the string ${JSON.stringify(shown)}` : `the ${name} ${shown}`
  return {
    what: value === null ? "null" : what,
    advice: `write ${stream ? "Stream.make(...)" : "Effect.succeed(...)"}`
  }
}

const empty = (stream: boolean): string => stream ? "Stream.empty" : "Effect.void"
