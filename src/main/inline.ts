/**
 * A thread with `isolation: "inline"`: fibers on main, with the life of any other thread.
 *
 * ```text
 *   lives: its messages are delivered after the present task --- terminated, thrown ---> ending: interrupted, finalizers run
 *                                                                                           |
 *                                                                                         dead: its end is reported
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import { performance } from "node:perf_hooks"
import * as log from "../base/log.ts"
import * as logRecord from "../control/logRecord.ts"
import type { ToSupervisor, ToThread } from "../control/protocol.ts"
import * as ExitCause from "../ExitCause.ts"
import * as metrics from "../life/metrics.ts"
import { run } from "../life/run.ts"
import { overPort } from "../link/peer.ts"
import { onTimer } from "../loop/timeouts.ts"
import * as recording from "../shared/recorder.ts"
import { allocate as allocateRemains } from "../shared/remains.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import type { Sharing } from "./sharing.ts"
import { initOf, type Listener, type Loop, type Spawn } from "./thread.ts"

/**
 * Starts threads on main.
 *
 * **Details**
 * - It has its own registry of metrics, layers, links and status block. Modules, heap and event loop are main's.
 * - To terminate it is to interrupt its fibers. Its end is reported when they have ended, their finalizers included.
 */
export const spawnIn = ({ allocate }: Sharing): Spawn => (topology, spec, on) => {
  const memory = statusBlock.allocate(spec.actors.length, allocate)
  const block = statusBlock.make(memory)
  const remains = allocateRemains()
  const recorder = recording.allocate()
  const keep = recording.make(recorder).write
  const context = Context.make(Metric.MetricRegistry, new Map())
  const init = initOf(topology, spec, memory, remains, recorder)
  const life = makeLife(on, context)
  const counted = metrics.make(init, context, life.post)
  let receive: (message: ToThread) => void = () => {}
  const thread = run(init, {
    topology: Effect.succeed(topology),
    post: counted.post,
    listen(f) {
      receive = f
    },
    after: onTimer,
    connect: overPort,
    inject: (fault) => life.end(ExitCause.Thrown.make(thrownBy(fault))),
    beat(tell) {
      if (tell) counted.tell()
      if (tell) block.noteTold(performance.eventLoopUtilization().active)
      block.beat(0)
    },
    endChildren: () => Effect.void,
    logging: (logging, incarnation, post) =>
      logRecord.contextOf({ thread: spec.name, incarnation, keep }, logging, post),
    // Main's code is warm.
    warmUp: () => {},
    // Nothing of it outlives the process, so nobody would receive it.
    atExit: () => {}
  })
  life.start(Effect.provide(thread, log.layer(spec.name, keep)))
  return {
    block,
    memory,
    remains,
    recorder: recording.make(recorder),
    post: (message) => life.deliver(() => receive(message)),
    terminate: () => life.end(ExitCause.Exited.make({ code: 1, how: "process.exit" })),
    measureLoop: loopOf(),
    cpuMicros: () => Promise.resolve(undefined),
    // Who looks is on the same thread.
    find: (found) => found({}),
    profile: () => Promise.reject(new Error("it runs on main, so a profile of it is one of main (--cpu-prof)")),
    heap: () => Promise.reject(new Error("it runs on main, and has no heap of its own"))
  }
}

const thrownBy = (fault: string) => ({ name: "Error", message: `${fault} on purpose, for a drill`, stack: "" })

/** The fiber that is the thread, and the messages to and from it. */
const makeLife = (on: Listener, context: Context.Context<never>) => {
  const runFork = Effect.runForkWith(context)
  let state: "lives" | "ending" | "dead" = "lives"
  let fiber: Fiber.Fiber<unknown, unknown> | undefined
  const die = (cause: ExitCause.ExitCause): void =>
    // What it has posted last goes first.
    queueMicrotask(() => {
      state = "dead"
      on.exit(cause)
    })
  const end = (cause: ExitCause.ExitCause): void => {
    if (state !== "lives") return
    state = "ending"
    if (fiber === undefined) die(cause)
    else runFork(Fiber.interrupt(fiber)).addObserver(() => die(cause))
  }
  return {
    end,
    start(effect: Effect.Effect<void, unknown, Scope.Scope>): void {
      fiber = runFork(Effect.scoped(effect))
      fiber.addObserver((exit) => {
        if (exit._tag === "Failure") {
          end(ExitCause.Thrown.make({ name: "Error", ...ExitCause.describeCause(exit.cause) }))
        }
      })
    },
    /** Calls what receives a message of the supervisor, while the thread lives. */
    deliver: (receive: () => void): void =>
      queueMicrotask(() => {
        if (state === "lives") receive()
      }),
    /** Posts a message to the supervisor. */
    post: (message: ToSupervisor): void =>
      queueMicrotask(() => {
        if (state !== "dead") on.message(message)
      })
  }
}

/** Main's loop, which turns if anybody looks: so the thread makes progress from each look to the next. */
const loopOf = (): () => Loop => {
  let last = performance.eventLoopUtilization()
  let looks = 0
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return { idleMillis: now.idle + ++looks, activeMillis: now.active, utilization }
  }
}
