/**
 * Prometheus text: the supervisor's numbers, and what all threads count with Effect's `Metric`, in the format of Effect's
 * own exporter. Counters count since the system started, over all incarnations.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { ActorStatus, ThreadStatus } from "../Status.ts"
import type { ThreadMetric } from "../ThreadMetric.ts"
import type { Board } from "./board.ts"
import * as series from "./series.ts"

type Read<A> = readonly [name: string, type: "Gauge" | "Counter", help: string, value: (status: A) => number]

const ofGroups: ReadonlyArray<Read<ReadonlyArray<ThreadStatus>>> = [
  ["heddle_group_instances", "Gauge", "Instances that the thread is declared with.", ({ length }) => length],
  [
    "heddle_group_instances_up",
    "Gauge",
    "Instances that run.",
    (threads) => threads.filter(({ state }) => state === "running").length
  ]
]

const ofThreads: ReadonlyArray<Read<ThreadStatus>> = [
  ["heddle_thread_up", "Gauge", "1 while the thread runs.", ({ state }) => Number(state === "running")],
  ["heddle_thread_incarnation", "Gauge", "Number of the present incarnation.", ({ incarnation }) => incarnation],
  ["heddle_thread_restarts_total", "Counter", "Restarts of the thread.", ({ restarts }) => restarts],
  ["heddle_thread_heap_used_bytes", "Gauge", "JavaScript heap in use.", ({ heapUsedBytes }) => heapUsedBytes],
  [
    "heddle_thread_event_loop_utilization_ratio",
    "Gauge",
    "Part of the last second in which the event loop was busy.",
    ({ eventLoopUtilization }) => eventLoopUtilization
  ]
]

const ofActors: ReadonlyArray<Read<ActorStatus>> = [
  ["heddle_actor_up", "Gauge", "1 while the actor runs.", ({ state }) => Number(state === "running")],
  ["heddle_actor_restarts_total", "Counter", "Restarts of the actor.", ({ restarts }) => restarts],
  ["heddle_actor_mailbox_depth", "Gauge", "Messages that wait.", ({ mailboxDepth }) => mailboxDepth],
  ["heddle_actor_handled_total", "Counter", "Messages whose handler ended.", ({ handled }) => handled],
  ["heddle_actor_failed_total", "Counter", "Messages whose handler died.", ({ failed }) => failed]
]

/** Counts of keys: one series a keyed actor, whatever its keys are. */
const ofKeyedActors: ReadonlyArray<Read<NonNullable<ActorStatus["keys"]>>> = [
  ["heddle_actor_keys_awake", "Gauge", "Keys that are awake.", ({ awake }) => awake],
  ["heddle_actor_keys_quarantined", "Gauge", "Keys that were given up.", ({ quarantined }) => quarantined]
]

/** The text for Prometheus, and what could not be shown in it. */
export interface Formatted {
  readonly text: string
  readonly leftOut: ReadonlyArray<series.LeftOut>
}

/**
 * Formats both.
 *
 * **Details**
 * - What the supervisor says of one of several instances has the label `group` too, the name of their declaration. So
 *   `sum by (group, actor)` counts a pool as a whole.
 * - A metric of a thread has the label `thread`, and `actor` if it is counted in one. An attribute whose name Prometheus or
 *   this text needs is shown as `exported_…`; a metric whose name begins with `heddle_` as `app_heddle_…`.
 * - A metric that can't be named, or would appear twice, is left out and listed.
 */
export const format = (threads: ReadonlyArray<ThreadStatus>, metrics: ReadonlyArray<ThreadMetric>): Formatted => {
  const groups = Array.from(Map.groupBy(threads, ({ group }) => group)).filter(([, { length }]) => length > 1)
  const several = new Set(groups.map(([group]) => group))
  const labelsOf = ({ group, name }: ThreadStatus) => several.has(group) ? { thread: name, group } : { thread: name }
  const actors = threads.flatMap((thread) =>
    thread.actors.map((status) => ({ labels: { ...labelsOf(thread), actor: status.name }, status }))
  )
  const own = [
    ...ofGroups.flatMap((read) => groups.map(([group, threads]) => sample(read, { group }, threads))),
    ...ofThreads.flatMap((read) => threads.map((status) => sample(read, labelsOf(status), status))),
    ...ofActors.flatMap((read) => actors.map(({ labels, status }) => sample(read, labels, status))),
    ...ofKeyedActors.flatMap((read) =>
      actors.flatMap(({ labels, status: { keys } }) => keys === undefined ? [] : [sample(read, labels, keys)])
    )
  ]
  const others = series.make(metrics)
  return {
    text: render(own) +
      render(others.series.map(({ labels, metric, name }) => ({ ...metric, id: name, attributes: labels }))),
    leftOut: others.leftOut
  }
}

/** Has Effect's exporter format what it would else read from its own registry. */
const render = (
  metrics: ReadonlyArray<Omit<Metric.Metric.Metadata<never, unknown>, "hooks"> & { readonly state: unknown }>
): string => {
  const ignore = (): void => {}
  const registry = new Map(metrics.map(({ state, ...metric }, index) => {
    const hooks = { get: () => state, update: ignore, modify: ignore }
    return [String(index), { ...metric, hooks }]
  }))
  return PrometheusMetrics.formatUnsafe(Context.make(Metric.MetricRegistry, registry))
}

const sample = <A>([id, type, description, value]: Read<A>, attributes: Metric.Metric.AttributeSet, status: A) => {
  const now = value(status)
  return { id, type, description, attributes, state: type === "Gauge" ? { value: now } : { count: now } }
}

/** Serves the numbers at `/metrics`; what can't be shown is said once, in the log. */
export const routes = (board: Board) => {
  const said = new Set<string>()
  const sayOnce = Effect.fnUntraced(function*(leftOut: ReadonlyArray<series.LeftOut>) {
    for (const { id, thread, why } of leftOut) {
      const key = JSON.stringify([id, why])
      if (said.has(key) || said.size >= mostSaid) continue
      said.add(key)
      yield* Effect.logWarning(`/metrics leaves out the metric "${id}" of thread "${thread}": ${why}`)
    }
  })
  return HttpRouter.add(
    "GET",
    "/metrics",
    Effect.all([board.threads, board.metrics], { concurrency: "unbounded" }).pipe(
      Effect.map(([threads, metrics]) => format(threads, metrics)),
      Effect.tap(({ leftOut }) => sayOnce(leftOut)),
      Effect.map(({ text }) =>
        HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
      ),
      Effect.catch((error) => Effect.succeed(HttpServerResponse.text(`${error.detail}\n`, { status: 503 })))
    )
  )
}

/** A program that makes up names without end must not fill the log with them. */
const mostSaid = 1000
