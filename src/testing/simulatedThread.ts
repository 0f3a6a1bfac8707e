/**
 * Simulated threads: fibers of this process whose links are real ports. Messages to them can be held, delayed and dropped.
 *
 * **Details**
 * - They run what real threads run, `life/run.ts`, under the same supervisor. Only `Worker` is missing.
 * - All that passes to or from a simulated thread goes through its gate, which holds it while the thread hangs.
 * - Time is the clock of the test: nothing is due before the test moves it.
 * - A fault ends the fibers of a thread, as `terminate` does. The test's own process stays as it is.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import type { Config } from "../control/config.ts"
import type { ToSupervisor, ToThread } from "../control/protocol.ts"
import * as ExitCause from "../ExitCause.ts"
import * as metrics from "../life/metrics.ts"
import * as workerRun from "../life/run.ts"
import { type LinkEnd, type LinkPort, overPort } from "../link/peer.ts"
import type { After } from "../loop/timeouts.ts"
import { initOf, type Listener, type Spawn, type Thread } from "../main/thread.ts"
import * as recording from "../shared/recorder.ts"
import { allocate as allocateRemains } from "../shared/remains.ts"
import * as statusBlock from "../shared/statusBlock.ts"
import type { Frame } from "../wire/frame.ts"

/** An incarnation of a simulated thread. */
export interface Simulated {
  readonly end: (cause: ExitCause.ExitCause) => void
  readonly gate: Gate
}

/** What stands between the links of a simulated thread and itself. */
interface Gate {
  hung: boolean
  delayMillis: number
  toDrop: number
  readonly waiting: Array<() => void>
}

/** Timers on the clock of the test. */
export const onClock = (context: Context.Context<never>): After => (millis, waiter) => {
  const due = Effect.sync(() => waiter.onDue())
  const fiber = Effect.runForkWith(context)(Effect.andThen(Effect.sleep(millis), due))
  return { giveUp: () => fiber.interruptUnsafe() }
}

/** Lets an action pass to or from a simulated thread: later while that hangs, never once it is dead. */
type Pass = (action: () => void) => void

/** The end of a link at a simulated thread, where messages are delayed and dropped. */
const gated = (port: LinkPort, gate: Gate, pass: Pass, after: After): LinkEnd["connect"] => (inner) => {
  const held: Array<Frame> = []
  const wire = overPort(port)({
    unsendable: inner.unsendable,
    receive(frame) {
      const isMessage = frame[0] === "ask" || frame[0] === "tell" || frame[0] === "open"
      if (isMessage && gate.toDrop > 0) gate.toDrop--
      else if (gate.delayMillis === 0 && held.length === 0) pass(() => inner.receive(frame))
      else {
        // Each timer lets the oldest pass: a shorter delay doesn't change the order.
        held.push(frame)
        after(gate.delayMillis, { onDue: () => pass(() => held.splice(0, 1).forEach(inner.receive)) })
      }
    }
  })
  return { ...wire, post: (...sent) => pass(() => wire.post(...sent)) }
}

/** A spawn of threads that are fibers of this process. */
export const makeSpawn = (
  config: Config<unknown, unknown>,
  context: Context.Context<never>,
  simulated: Map<string, Simulated>,
  storage?: string
): Spawn =>
(topology, spec, on): Thread => {
  const memory = statusBlock.allocate(spec.actors.length)
  const own = statusBlock.make(memory)
  const remains = allocateRemains()
  const recorder = recording.allocate()
  const after = onClock(context)
  const gate: Gate = { hung: false, delayMillis: 0, toDrop: 0, waiting: [] }
  const ownContext = Context.add(context, Metric.MetricRegistry, new Map())
  const annotations = { ...Context.get(context, References.CurrentLogAnnotations), thread: spec.name }
  const thread = makeThread(gate, on, ownContext, () => {
    if (simulated.get(spec.name) === self) simulated.delete(spec.name)
  })
  const { end, pass } = thread
  const self: Simulated = { end, gate }
  const real = initOf(topology, spec, memory, remains, recorder)
  const init = real.storage === undefined || storage === undefined
    ? real
    : { ...real, storage: { kind: "sqlite" as const, path: storage } }
  const counted = metrics.make(init, ownContext, thread.post)
  let receive: (message: ToThread) => void = () => {}
  thread.start(workerRun.run(init, {
    topology: Effect.succeed(config.topology),
    post: counted.post,
    listen: (f) => {
      receive = f
    },
    after,
    connect: (port) => gated(port, gate, pass, after),
    inject: (fault) =>
      end(ExitCause.Thrown.make({ name: "Error", message: `${fault} on purpose, for a drill`, stack: "" })),
    beat(tell) {
      if (tell) counted.tell()
      own.beat(0)
    },
    endChildren: () => Effect.void,
    // The loggers of the test write what the actors log.
    logging: () => Context.make(References.CurrentLogAnnotations, annotations),
    warmUp: () => {},
    atExit: () => {}
  }))
  return {
    block: own,
    memory,
    remains,
    recorder: recording.make(recorder),
    post(message) {
      if (message._tag === "Begin") simulated.set(spec.name, self)
      queueMicrotask(() => pass(() => receive(message)))
    },
    terminate: () => end(ExitCause.Exited.make({ code: 1, how: "process.exit" })),
    measureLoop: loopOf(gate),
    cpuMicros: () => Promise.resolve(undefined),
    find: (found) => found({}),
    profile: () => Promise.reject(new Error("a simulated thread has no profile")),
    heap: () => Promise.reject(new Error("a simulated thread has no heap of its own"))
  }
}

/** The life of a simulated thread: it runs until its end, and its messages pass the gate. */
const makeThread = (gate: Gate, on: Listener, context: Context.Context<never>, onEnd: () => void) => {
  const runFork = Effect.runForkWith(context)
  let ended = false
  let life: Fiber.Fiber<unknown, unknown> | undefined
  const pass: Pass = (action) => {
    if (gate.hung) gate.waiting.push(action)
    else if (!ended) action()
  }
  return {
    pass,
    start(run: Effect.Effect<unknown, unknown, Scope.Scope>): void {
      life = runFork(Effect.scoped(Effect.andThen(run, Effect.never)))
    },
    end(cause: ExitCause.ExitCause): void {
      if (ended) return
      ended = true
      onEnd()
      // Report the exit only after all fibers have ended; the next incarnation must not overlap them.
      const done = Effect.sync(() => on.exit(cause))
      runFork(life === undefined ? done : Effect.andThen(Fiber.interrupt(life), done))
    },
    post: (message: ToSupervisor): void =>
      queueMicrotask(() => {
        // A real thread that hangs or is dead makes no dead letters: its senders do, by the ledger. A simulated one does.
        const isLetter = message._tag === "Letter" || (message._tag === "Event" && message.event._tag === "DeadLetter")
        if (isLetter) on.message(message)
        else pass(() => on.message(message))
      })
  }
}

/** The loop of a simulated thread is the test's: it has slept and been active since the last look, unless it hangs. */
const loopOf = (gate: Gate) => {
  let looks = 0
  return () => {
    if (!gate.hung) looks++
    return { idleMillis: looks, activeMillis: looks, utilization: 0 }
  }
}
