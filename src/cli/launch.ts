/**
 * Runs a system, and a program with it, as a process: signals, an orderly stop, and the exit code.
 *
 * ```text
 *   a signal, an error of main      the program is interrupted, then the system shut down
 *   the program ends or fails       the system is shut down
 *   the system ends by itself       the program is interrupted, unless it awaits that end and goes on from there
 * ```
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as log from "../base/log.ts"
import * as settings from "../base/logSettings.ts"
import * as Control from "../Control.ts"
import type { Config } from "../control/config.ts"
import type { System } from "../control/system.ts"
import { atMost } from "../loop/atMost.ts"
import { leave } from "../main/exit.ts"
import * as run from "../main/run.ts"
import * as operating from "../socket/operating.ts"
import type { SystemError } from "../SystemError.ts"
import * as processManager from "./processManager.ts"
import { reasonToStop } from "./signals.ts"
import { trace } from "./trace.ts"

/** How long the program may take to end when it is to; as long as a thread, by default. */
const patienceMillis = 5000

/** What a process runs besides its threads: it may use all actors and the `System`. */
type Program<Actors> = Effect.Effect<unknown, unknown, Actors | System | Scope.Scope>

/**
 * Completes with the exit code of the process: 0 clean, 1 failed or gave up, 2 somebody had to be terminated.
 *
 * **Details**
 * - `isQuiet`: the supervisor logs no information, since standard output is the program's.
 * - `attend`: runs with the system from its beginning; the system is shut down for the reason that it completes with.
 */
export const launch = Effect.fnUntraced(function*<Actors>(
  config: Config<Actors, unknown>,
  { attend, isQuiet = false, program }: {
    readonly program?: Program<Actors>
    readonly isQuiet?: boolean
    readonly attend?: (running: run.Running<Actors>) => Effect.Effect<string, never, Scope.Scope>
  } = {}
): Effect.fn.Return<number, SystemError> {
  for (const problem of settings.problems()) yield* Effect.logWarning(problem)
  const crashed = yield* Deferred.make<unknown>()
  const player = makePlayer(Math.min(patienceMillis, config.topology.shutdownTimeoutMillis))
  const ending = yield* Effect.scoped(Effect.gen(function*() {
    const running = yield* run.make(config, { abort: run.abort, isQuiet })
    yield* operating.listen(config.topology, running, config.topology.control ?? Control.socket)
    yield* processManager.report(running)
    const stop = (why: string) => Effect.andThen(player.stop, running.shutdown(why))
    yield* Effect.forkScoped(Effect.flatMap(reasonToStop(crashed), stop))
    if (attend !== undefined) yield* Effect.forkScoped(Effect.flatMap(attend(running), stop))
    yield* Effect.forkScoped(Effect.gen(function*() {
      const isUp = yield* Effect.orElseSucceed(running.boot, () => false)
      if (!isUp || program === undefined) return
      const exit = yield* player.play(Effect.provideContext(Effect.scoped(program), running.services))
      yield* running.shutdown(Exit.isSuccess(exit) ? "the program has ended" : "the program failed")
    }))
    const ending = yield* running.ended
    if (running.end.wasAwaited()) yield* player.finish
    yield* player.stop
    return ending
  }))
  const error = run.failureOf(config.topology, ending)
  const crash = Deferred.isDoneUnsafe(crashed) ? { error: yield* Deferred.await(crashed) } : undefined
  const hasFailed = report(player, error, crash)
  const isLate = ending.terminated.length > 0 || player.isLate()
  const code = hasFailed ? 1 : isLate ? 2 : 0
  return ending.unkilled.length > 0 ? leave(code) : code
})

/** Prints what went wrong, the cause of all of it last, and returns whether the exit code has to say so. */
const report = (
  player: Player,
  error: SystemError | undefined,
  crash: { readonly error: unknown } | undefined
): boolean => {
  const failure = player.failure()
  if (failure !== undefined && !isEnd(failure.error)) {
    log.write(2, `heddle: the program failed: ${trace(failure.error)}\n`)
  }
  if (player.isLate()) log.write(2, "heddle: the program did not end in time after it was interrupted\n")
  if (error !== undefined) log.write(2, `heddle: ${error.message}\n`)
  else if (crash?.error !== undefined) log.write(2, `heddle: the main thread failed: ${trace(crash.error)}\n`)
  return error !== undefined || crash?.error !== undefined || failure !== undefined
}

/** Whether a program failed with the end of its system, which it awaited: that is printed as the end of the system. */
const isEnd = (error: unknown): boolean => error instanceof Error && "_tag" in error && error._tag === "GaveUp"

type Player = ReturnType<typeof makePlayer>

/** Runs the program in a fiber, which ends by itself, or is interrupted and may take `limitMillis` to end. */
const makePlayer = (limitMillis: number) => {
  let playing: Fiber.Fiber<unknown, unknown> | undefined
  let isStopped = false
  let isLate = false
  let failure: { readonly error: unknown } | undefined
  return {
    /** Completes when the program has ended. */
    play: (program: Effect.Effect<unknown, unknown>): Effect.Effect<Exit.Exit<unknown, unknown>> =>
      Effect.suspend(() => {
        if (isStopped) return Effect.succeed(Exit.void)
        return Effect.flatMap(Effect.forkDetach(program, { startImmediately: true }), (fiber) => {
          playing = fiber
          return Effect.map(Fiber.await(fiber), (exit) => {
            // A program that was interrupted from here has not failed.
            const isInterrupted = isStopped && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
            if (Exit.isFailure(exit) && !isInterrupted) failure = { error: Cause.squash(exit.cause) }
            return exit
          })
        })
      }),
    /** Lets it end by itself. */
    finish: Effect.suspend(() => playing === undefined ? Effect.void : atMost(limitMillis, Fiber.await(playing))),
    /** Interrupts it. */
    stop: Effect.suspend(() => {
      isStopped = true
      if (playing === undefined || playing.pollUnsafe() !== undefined || isLate) return Effect.void
      return Effect.map(atMost(limitMillis, Fiber.interrupt(playing)), (isDone) => {
        isLate = !isDone
      })
    }),
    isLate: () => isLate,
    /** What the program failed with, if it did. */
    failure: () => failure
  }
}
