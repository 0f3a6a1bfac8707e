/** What every subject does with its messages, leaving evidence. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { parentPort, threadId } from "node:worker_threads"
import { clients, run } from "./errand.ts"
import { write } from "./evidence.ts"
import { type Errand, type How, type Name, Refused } from "./Subject.ts"

interface Job {
  readonly id: string
  readonly how: How
  readonly millis: number
}

const ended = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "ok" : Exit.hasDies(exit) ? "died" : Exit.hasInterrupts(exit) ? "cut" : "refused"

/** Ends the thread, out of reach of whoever catches errors. */
const end = (how: How): void => {
  switch (how) {
    case "throw":
      return void setTimeout(() => {
        throw new Error("thrown by chaos")
      })
    case "reject":
      return void Promise.reject(new Error("rejected by chaos"))
    case "exit":
      return process.exit(0)
    case "spin":
      for (;;);
    case "oom": {
      const held: Array<unknown> = []
      for (;;) held.push(Array.from({ length: 1000 }, (_, index) => ({ index })))
    }
  }
}

/** What a foreign library might do on the thread's own port: nothing of it is for the supervisor. */
const meddle = (): void => {
  for (const stray of [undefined, null, "Stopped", { _tag: "Stopped" }, { _tag: "Ready", mailboxes: [] }, new Map()]) {
    parentPort?.postMessage(stray)
  }
  parentPort?.removeAllListeners()
  parentPort?.unref()
}

const realNow = Date.now

/** Sets the clock of this thread an hour back or ahead. */
export const jumpClock = (): void => {
  const byMillis = Math.random() < 0.5 ? -3_600_000 : 3_600_000
  Date.now = () => realNow() + byMillis
}

/** Starts a process that would run for an hour. */
const leaveChild = (actor: Name): void => {
  const { pid } = spawn("sleep", ["3600"], { stdio: "ignore" })
  if (pid !== undefined) write("child", actor, String(threadId), String(pid))
}

export const behavior = (actor: Name) =>
  Effect.gen(function*() {
    const build = randomUUID().slice(0, 8)
    yield* Effect.acquireRelease(
      Effect.sync(() => write("built", actor, build, String(threadId))),
      () => Effect.sync(() => write("closed", actor, build))
    )
    const scope = yield* Effect.scope
    const others = yield* clients

    const evident = <A, E>(id: string, work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        write("start", actor, build, id)
        return Effect.onExit(work, (exit) => Effect.sync(() => write("end", actor, build, id, ended(exit))))
      })

    const work = ({ how, id, millis }: Job): Effect.Effect<string, Refused> => {
      switch (how) {
        case "answer":
          return Effect.succeed(id)
        case "stray":
          return Effect.as(Effect.sync(meddle), id)
        case "jump":
          return Effect.as(Effect.sync(jumpClock), id)
        case "spawn":
          return Effect.as(Effect.sync(() => leaveChild(actor)), id)
        case "slow":
        case "later":
          return Effect.as(Effect.sleep(millis), id)
        case "refuse":
          return Effect.andThen(Effect.sleep(millis), Effect.fail(new Refused({ id })))
        case "die":
          return Effect.andThen(Effect.sleep(millis), Effect.die(new Error(`${id} died by chaos`)))
        default:
          return Effect.andThen(Effect.sync(() => end(how)), Effect.never)
      }
    }

    /** The handler that promises an answer is done at once; the evidence ends with the promise. */
    const act = (job: Job) => {
      if (job.how !== "later") return evident(job.id, work(job))
      return Effect.gen(function*() {
        const answer = yield* Deferred.make<string, Refused>()
        yield* Effect.forkIn(Deferred.into(evident(job.id, work(job)), answer), scope, { startImmediately: true })
        return answer
      })
    }

    return {
      Do: act,
      Pass: act,
      Run: ({ errands, id }: { readonly id: string; readonly errands: ReadonlyArray<Errand> }) =>
        evident(
          id,
          Effect.as(
            Effect.scoped(Effect.gen(function*() {
              const sent = yield* Effect.forEach(
                errands,
                (errand) => Effect.forkScoped(run(actor, others, "Pass", errand), { startImmediately: true })
              )
              yield* Fiber.awaitAll(sent)
            })),
            id
          )
        ),
      Count: ({ count, how, id, millis }: Job & { readonly count: number }) =>
        Stream.unwrap(Effect.gen(function*() {
          write("start", actor, build, id)
          yield* Effect.addFinalizer((exit) => Effect.sync(() => write("end", actor, build, id, ended(exit))))
          const numbers = Stream.range(0, count - 1, 7)
          const paced = how === "slow" ? Stream.mapEffect(numbers, (n) => Effect.as(Effect.sleep(millis), n)) : numbers
          const last = how === "refuse" ? Stream.fail(new Refused({ id })) : Stream.empty
          return Stream.concat(paced, last)
        }))
    }
  })
