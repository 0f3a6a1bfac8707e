/**
 * Maps a stream by tasks, several at a time. `heddle/Pool` runs its tasks by it.
 *
 * ```text
 *   inputs --- a place is free ---> running --- ended ---> unread --- taken by the reader
 *                                  |<------ at most `concurrency` ------>|
 * ```
 *
 * `Stream.mapEffect` does the same for three times the processor time: there, each answer passes through a queue of its own and wakes
 * its reader. Here a task costs its fiber, and all tasks that end in one tick wake the reader once.
 */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Queue } from "./queue.ts"
import { atEndOfTurn } from "./tick.ts"

/** How many tasks may be running or unread, and whether their answers come in the order of their inputs. */
export interface How {
  readonly concurrency: number
  readonly ordered: boolean
}

/**
 * Runs a task for each element of `inputs`.
 *
 * **Details**
 * - Fails with the first failure of a task or of the inputs, after the answers that are there. The other tasks are interrupted then, as
 *   they are if the reader leaves.
 */
export const mapConcurrently = <A, E, R, B, E2, R2>(
  inputs: Stream.Stream<A, E, R>,
  task: (input: A) => Effect.Effect<B, E2, R2>,
  how: How
): Stream.Stream<B, E | E2, R | R2> =>
  Stream.transformPullBracket(inputs, (pull, _, scope) =>
    Effect.gen(function*() {
      const fork = Effect.runForkWith(yield* Effect.context<R2>())
      const tasks = new Tasks<A, B, E | E2>((input) => fork(Effect.suspend(() => task(input))), how)
      yield* Scope.addFinalizer(scope, Effect.suspend(() => Fiber.interruptAll(tasks.fibers)))
      yield* pull.pipe(
        Effect.flatMap((inputs) => tasks.startAll(inputs[Symbol.iterator]())),
        Effect.forever({ disableYield: true }),
        Effect.catchCause((cause) => Effect.sync(() => tasks.endInputs(cause))),
        Effect.forkIn(scope)
      )
      return tasks.take
    }))

/** The answer of one task, at its place in the order. */
interface Slot<B> {
  answer: { readonly value: B } | undefined
}

/** The tasks of one stream. */
class Tasks<A, B, E> {
  /** The fibers of the tasks that run. */
  readonly fibers = new Set<Fiber.Fiber<B, E>>()
  /** Takes the answers that are there, or waits for the next. */
  readonly take: Pull.Pull<Arr.NonEmptyReadonlyArray<B>, E>
  private readonly fork: (input: A) => Fiber.Fiber<B, E>
  private readonly concurrency: number
  /** One for each task that runs or waits for an earlier one; undefined if answers come as the tasks end. */
  private readonly slots: Queue<Slot<B>> | undefined
  private answers: Array<B> = []
  /** Tasks that run, and answers that are not taken. */
  private held = 0
  private inputsEnd: Cause.Cause<E | Cause.Done> | undefined
  private failure: Cause.Cause<E | Cause.Done> | undefined
  /** Resumes the taking of inputs, and the reader. */
  private onRoom = nothing
  private onNews = nothing
  private isWaking = false
  private readonly room: Effect.Effect<void>

  constructor(fork: (input: A) => Fiber.Fiber<B, E>, { concurrency, ordered }: How) {
    this.fork = fork
    this.concurrency = concurrency
    this.slots = ordered ? new Queue() : undefined
    this.room = Effect.callback((resume) => {
      if (this.hasRoom) resume(Effect.void)
      else this.onRoom = () => resume(Effect.void)
    })
    const news = Effect.callback<void>((resume) => {
      if (this.hasNews) resume(Effect.void)
      else this.onNews = () => resume(Effect.void)
    })
    this.take = Effect.suspend(() => {
      const { answers, failure } = this
      if (Arr.isArrayNonEmpty(answers)) return Effect.succeed(this.taken(answers))
      if (failure !== undefined) return Effect.failCause(failure)
      if (this.inputsEnd !== undefined && this.held === 0) return Effect.failCause(this.inputsEnd)
      return Effect.flatMap(news, () => this.take)
    })
  }

  /** Starts a task for each input as soon as there is room for it. */
  startAll(inputs: Iterator<A>): Effect.Effect<void> {
    return Effect.suspend(() => {
      while (this.hasRoom) {
        const next = inputs.next()
        if (next.done === true) return Effect.void
        this.start(next.value)
      }
      return Effect.flatMap(this.room, () => this.startAll(inputs))
    })
  }

  /** There are no more inputs, or they have failed. */
  endInputs(cause: Cause.Cause<E | Cause.Done>): void {
    if (Pull.isDoneCause(cause)) this.inputsEnd = cause
    else this.failure ??= cause
    this.wake()
  }

  private get hasRoom(): boolean {
    return this.held < this.concurrency && this.failure === undefined
  }

  /** The reader has something to take. */
  private get hasNews(): boolean {
    return this.answers.length > 0 || this.failure !== undefined || (this.inputsEnd !== undefined && this.held === 0)
  }

  private taken(answers: Arr.NonEmptyReadonlyArray<B>): Arr.NonEmptyReadonlyArray<B> {
    this.answers = []
    this.held -= answers.length
    // The next tasks are on their way before the reader looks at the answers.
    this.resume("onRoom")
    return answers
  }

  private start(input: A): void {
    this.held++
    const slot: Slot<B> = { answer: undefined }
    this.slots?.push(slot)
    const fiber = this.fork(input)
    const atOnce = fiber.pollUnsafe()
    if (atOnce !== undefined) return this.onEnd(slot, atOnce)
    this.fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      this.onEnd(slot, exit)
    })
  }

  private onEnd(slot: Slot<B>, exit: Exit.Exit<B, E>): void {
    if (exit._tag === "Failure") this.failure ??= exit.cause
    else if (this.slots === undefined) this.answers.push(exit.value)
    else {
      slot.answer = { value: exit.value }
      this.release(this.slots)
    }
    this.wake()
  }

  /** Moves the answers that no earlier task holds back. */
  private release(slots: Queue<Slot<B>>): void {
    for (let answer = slots.peek()?.answer; answer !== undefined; answer = slots.peek()?.answer) {
      this.answers.push(answer.value)
      slots.shift()
    }
  }

  /** Wakes the reader once for all that ends in this tick. */
  private wake(): void {
    if (this.isWaking) return
    this.isWaking = true
    atEndOfTurn(this.wakeNow)
  }

  private readonly wakeNow = (): void => {
    this.isWaking = false
    if (this.hasNews) this.resume("onNews")
  }

  private resume(who: "onRoom" | "onNews"): void {
    const resume = this[who]
    this[who] = nothing
    resume()
  }
}

const nothing = (): void => {}
