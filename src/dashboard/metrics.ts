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
import * as measures from "../control/measures.ts"
import type { ThreadStatus } from "../Status.ts"
import type { ThreadMetric } from "../ThreadMetric.ts"
import type { Board } from "./board.ts"
import * as series from "./series.ts"

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
export const format = (
  threads: ReadonlyArray<ThreadStatus>,
  metrics: ReadonlyArray<ThreadMetric>,
  measured?: measures.Measures
): Formatted => {
  const others = series.make(metrics)
  return {
    text: render(measures.seriesOf(threads, measured)) +
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
    Effect.all([board.threads, board.metrics, board.measures], { concurrency: "unbounded" }).pipe(
      Effect.map(([threads, metrics, measured]) => format(threads, metrics, measured)),
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
