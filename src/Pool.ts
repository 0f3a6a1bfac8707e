/**
 * A pool: many inputs for one actor, as many tasks at a time as its instances take.
 *
 * The actor's thread is declared with `instances`, and the client spreads messages over them. So any method of a client is a pool
 * already; `map` adds bounded memory, order, retries and progress.
 */
import type * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { inspect } from "node:util"
import * as trace from "./base/trace.ts"
import * as ExitCause from "./ExitCause.ts"
import { fromIterable } from "./loop/closing.ts"
import { mapConcurrently } from "./loop/mapConcurrently.ts"
import type { Progress } from "./loop/progress.ts"

export { type Count, draw, format, makeProgress, type Progress } from "./loop/progress.ts"

/**
 * A task: a method of an actor's client, or any function that makes an effect of an input.
 *
 * **Details**
 * - `options.timeout` is the `timeout` that `map` was given. A client's method takes it; a function of your own must pass it on.
 *
 * @since 0.1.0
 * @category models
 */
export type Task<in A, out B, out E, out R> = (
  input: A,
  options: { readonly timeout: Duration.Input }
) => Effect.Effect<B, E, R>

/**
 * The inputs of a pool. They are taken only as fast as tasks end, and closed when no more are taken: the `finally` of a generator runs.
 *
 * @since 0.1.0
 * @category models
 */
export type Inputs<A, E = never, R = never> = Iterable<A> | AsyncIterable<A> | Stream.Stream<A, E, R>

/**
 * The iterable of the inputs threw. The tasks that were running are interrupted.
 *
 * @since 0.1.0
 * @category models
 */
export class InputFailed extends Schema.TaggedError<InputFailed>()("InputFailed", { cause: Schema.Defect() }) {
  override get message(): string {
    return `the inputs of Pool.map failed: ${ExitCause.describe(this.cause).message}`
  }
}

/**
 * How inputs are mapped.
 *
 * **Details**
 * - `concurrency`: how many tasks may be sent and not answered yet; default 500. It should be more than the instances handle at
 *   once, so that each finds its next task waiting. Memory is bounded by this many inputs and answers: use less for large ones.
 * - `ordered`: whether answers come in the order of their inputs (default `true`) or as the tasks end. In order, a slow task holds
 *   back the answers after it, and new tasks once `concurrency` answers wait behind it.
 * - `failures`: `"stop"` (default) fails the stream with the first error and interrupts the other tasks. `"collect"` makes each
 *   element an `Exit`, and the stream goes on.
 * - `timeout`: the time for one task, counted from when it is sent, its wait in the queue included. Default `"Infinity"`: the queue
 *   of a pool may be long. An instance that hangs is restarted by its thread's watchdog, and its task then fails.
 * - `retry`: when a failed task is sent again. Default: never.
 * - `onFailure`: called once for each task that has failed for good, before its failure goes on: for an error tracker. What fails
 *   in it is logged and changes nothing. It is not called for tasks that are interrupted because the stream ends.
 * - `progress`: counts the tasks; see `makeProgress`.
 *
 * **Gotchas**
 * - A task that is sent again may run twice: one whose error says `handled: "maybe"` may have run. Let the schedule decide by its
 *   input, or declare the message by `Actor.idempotent`.
 * - Instances take tasks in any order, whatever the order of the answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<in out A, in out E, out R> {
  readonly concurrency?: number | "unbounded" | undefined
  readonly ordered?: boolean | undefined
  readonly failures?: "stop" | "collect" | undefined
  readonly timeout?: Duration.Input | undefined
  readonly retry?: Schedule.Schedule<unknown, E, never, R> | undefined
  readonly onFailure?: ((cause: Cause.Cause<E>, input: A) => Effect.Effect<unknown, unknown, R>) | undefined
  readonly progress?: Progress | undefined
}

/**
 * Maps inputs by tasks, lazily and in bounded memory.
 *
 * **Details**
 * - Leaving the stream early interrupts the remaining tasks: waiting messages are withdrawn, running handlers interrupted.
 * - `null`, `false` and `0` are inputs and answers like any other.
 * - Throws a `TypeError` if an option is not usable.
 *
 * **Example**
 *
 * ```ts
 * const hasher = yield* Hasher
 * yield* Pool.map(hasher.Sha, files, { ordered: false }).pipe(Stream.runForEach(Console.log))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export function map<A, B, E, R = never, E2 = never, R2 = never, R3 = never>(
  task: Task<A, B, E, R>,
  inputs: Inputs<A, E2, R2>,
  options: Options<NoInfer<A>, NoInfer<E>, R3> & { readonly failures: "collect" }
): Stream.Stream<Exit.Exit<B, E>, E2 | InputFailed, R | R2 | R3>
export function map<A, B, E, R = never, E2 = never, R2 = never, R3 = never>(
  task: Task<A, B, E, R>,
  inputs: Inputs<A, E2, R2>,
  options?: Options<NoInfer<A>, NoInfer<E>, R3> & { readonly failures?: "stop" | undefined }
): Stream.Stream<B, E | E2 | InputFailed, R | R2 | R3>
export function map<A, B, E, R, E2, R2, R3>(
  task: Task<A, B, E, R>,
  inputs: Inputs<A, E2, R2>,
  options: Options<A, E, R3> = {}
): Stream.Stream<B | Exit.Exit<B, E>, E | E2 | InputFailed, R | R2 | R3> {
  check(task, inputs, options)
  const { concurrency = 500, failures, ordered = true, progress } = options
  const run = runner(task, options)
  const how = { concurrency: concurrency === "unbounded" ? Infinity : concurrency, ordered }
  const taken = toStream(inputs, how.concurrency)
  const site = trace.callSite(map)
  const mapped: Stream.Stream<B | Exit.Exit<B, E>, E | E2 | InputFailed, R | R2 | R3> = failures === "collect"
    ? mapConcurrently(taken, (input) => exitOf(run(input), site), how)
    : Stream.tapError(mapConcurrently(taken, run, how), (error) => Effect.sync(() => trace.addCaller(error, site)))
  if (progress === undefined) return mapped
  return Stream.ensuring(Stream.unwrap(Effect.as(progress.begin(sizeOf(inputs)), mapped)), progress.end)
}

/** How a task ends; an error says where it was asked for. */
const exitOf = <B, E, R>(
  task: Effect.Effect<B, E, R>,
  site: trace.CallSite
): Effect.Effect<Exit.Exit<B, E>, never, R> =>
  Effect.matchCause(task, {
    onFailure(cause) {
      for (const reason of cause.reasons) if (reason._tag === "Fail") trace.addCaller(reason.error, site)
      return Exit.failCause(cause)
    },
    onSuccess: (value): Exit.Exit<B, E> => Exit.succeed(value)
  })

/** Runs one task with its retries, counts it, and reports its failure. */
const runner = <A, B, E, R, R3>(task: Task<A, B, E, R>, options: Options<A, E, R3>) => {
  const { onFailure, progress, retry, timeout = "Infinity" } = options
  const call = { timeout }
  const attempt = (input: A): Effect.Effect<B, E, R | R3> =>
    retry === undefined ? task(input, call) : Effect.retry(Effect.suspend(() => task(input, call)), retry)
  if (onFailure === undefined && progress === undefined) return attempt
  return (input: A): Effect.Effect<B, E, R | R3> =>
    attempt(input).pipe(
      Effect.tap(() => Effect.sync(() => progress?.record("done"))),
      Effect.tapCause((cause) =>
        Effect.andThen(
          Effect.sync(() => progress?.record("failed")),
          onFailure === undefined ? Effect.void : report(Effect.suspend(() => onFailure(cause, input)))
        )
      )
    )
}

const report = <R>(effect: Effect.Effect<unknown, unknown, R>): Effect.Effect<void, never, R> =>
  Effect.catchCause(
    Effect.asVoid(effect),
    (cause) => Effect.logWarning("Pool.map: onFailure failed; the task's own failure goes on", cause)
  )

const check = <A, E, R>(task: unknown, inputs: unknown, options: Options<A, E, R>): void => {
  const { concurrency, failures, ordered, timeout } = options
  const refuse = (what: string, value: unknown, advice: string): never => {
    throw new TypeError(`Pool.map: ${what} is ${inspect(value, { depth: 0 })}; ${advice}`)
  }
  if (typeof task !== "function") refuse("the task", task, "give a method of a client, such as hasher.Sha")
  if (!isInputs(inputs)) refuse("the list of inputs", inputs, "give an Iterable, an AsyncIterable or a Stream")
  if (concurrency !== undefined && concurrency !== "unbounded" && !isCount(concurrency)) {
    refuse("concurrency", concurrency, `give a whole number from 1 on, or "unbounded"`)
  }
  if (!isFailures(failures)) refuse("failures", failures, `give "stop" or "collect"`)
  if (ordered !== undefined && typeof ordered !== "boolean") refuse("ordered", ordered, "give true or false")
  if (timeout === undefined) return
  const duration = Duration.fromInput(timeout)
  if (duration._tag === "None" || Duration.toMillis(duration.value) < 1) {
    refuse("timeout", timeout, `give a duration of at least 1 millisecond, or "Infinity"`)
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1

const isFailures = (value: unknown): boolean => value === undefined || value === "stop" || value === "collect"

const isInputs = (inputs: unknown): boolean =>
  Stream.isStream(inputs) ||
  ((typeof inputs === "object" || typeof inputs === "string") && inputs !== null &&
    (Symbol.iterator in Object(inputs) || Symbol.asyncIterator in Object(inputs)))

/** The most inputs that are taken at a time. */
const mostTaken = 1024

const toStream = <A, E, R>(inputs: Inputs<A, E, R>, concurrency: number): Stream.Stream<A, E | InputFailed, R> => {
  if (Stream.isStream(inputs)) return inputs
  const fail = (cause: unknown) => new InputFailed({ cause })
  if (Symbol.asyncIterator in inputs) return Stream.fromAsyncIterable(inputs, fail)
  const chunkSize = Math.min(concurrency, mostTaken)
  return Stream.catchDefect(fromIterable(inputs, chunkSize), (defect) => Stream.fail(fail(defect)))
}

/** How many inputs there are, if that is known without taking them. */
const sizeOf = (inputs: unknown): number | undefined =>
  Array.isArray(inputs) ? inputs.length : inputs instanceof Set || inputs instanceof Map ? inputs.size : undefined
