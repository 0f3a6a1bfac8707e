/**
 * What a handler waits for that waits in `Effect.all`, `Effect.forEach` or a race for nothing but asks.
 *
 * Effect's runtime doesn't say what a fiber waits for. But a handler certainly waits for its branches if
 * - each of its fibers but its own waits for an ask, and
 * - each of these was started by `Effect.all` or a race, which can be seen on it: then some fiber of the handler waits there, and
 *   that can only be its own.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import { CallChain, type Callers } from "../link/callers.ts"

type Counts = Metric.FiberRuntimeMetricsService

const counter: Counts = {
  recordFiberStart(context) {
    Context.get(context, CallChain).fibers++
  },
  recordFiberEnd(context) {
    Context.get(context, CallChain).fibers--
  }
}

/** The same, with a program's own counts. */
const withOwn = (own: Counts): Counts => ({
  recordFiberStart(context) {
    counter.recordFiberStart(context)
    own.recordFiberStart(context)
  },
  recordFiberEnd(context, exit) {
    counter.recordFiberEnd(context, exit)
    own.recordFiberEnd(context, exit)
  }
})

/** Has the fibers of a context counted with the callers that they have. */
export const counted = (context: Context.Context<never>): Context.Context<never> => {
  const own = Context.get(context, Metric.FiberRuntimeMetrics)
  return Context.add(context, Metric.FiberRuntimeMetrics, own === undefined ? counter : withOwn(own))
}

/** What somebody has left on a fiber to learn of its end, as a text. */
const observersOf = (fiber: Fiber.Fiber<unknown, unknown>): ReadonlyArray<string> => {
  const observers: unknown = Reflect.get(fiber, "_observers")
  return Array.isArray(observers) ? observers.map(String) : []
}

/** The texts of those that all branches of `Effect.all` and of races have: found out by having some. */
const find = (): ReadonlySet<string> => {
  const fibers: Array<Fiber.Fiber<unknown, unknown>> = []
  const branch = Effect.callback<never>(() => {
    const fiber = Fiber.getCurrent()
    if (fiber !== undefined) fibers.push(fiber)
  })
  const two = [branch, branch]
  const waits = [Effect.all(two, { concurrency: 2 }), Effect.raceAll(two), Effect.raceAllFirst(two)]
  const waiting = waits.map((wait) => Effect.runFork(wait))
  const texts = new Set(fibers.flatMap(observersOf))
  for (const fiber of waiting) fiber.interruptUnsafe()
  return texts
}

let known: ReadonlySet<string> | undefined

const isBranch = (fiber: Fiber.Fiber<unknown, unknown>): boolean => {
  const branches = known ??= find()
  return observersOf(fiber).some((text) => branches.has(text))
}

/** Whether a handler waits for these fibers and nothing else, if each of them waits for an ask. */
export const areAll = ({ fibers }: Callers, waiting: ReadonlyArray<Fiber.Fiber<unknown, unknown>>): boolean =>
  waiting.length > 0 && fibers === waiting.length + 1 && waiting.every(isBranch)
