/**
 * Prometheus text: the supervisor's numbers, and what all threads count with Effect's `Metric`, in the format of Effect's
 * own exporter. Counters count since the system started, over all incarnations.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Metric from "effect/Metric"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { MachineView } from "../actor/fleet.ts"
import * as measures from "../control/measures.ts"
import type { ThreadStatus } from "../Status.ts"
import type { ThreadMetric } from "../ThreadMetric.ts"
import type { Board } from "./board.ts"
import * as machines from "./machines.ts"
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
    text: render(measures.seriesOf(threads, measured)) + render(others.series.map(shown)),
    leftOut: others.leftOut
  }
}

/** Formats the numbers of all machines. Each has the label `machine` as well. */
export const formatAll = (all: ReadonlyArray<MachineView>): Formatted => {
  const known = all.flatMap(({ address, report }) =>
    report?.numbers === undefined ? [] : [{ address, ...report.numbers }]
  )
  const own = known.flatMap(({ address, series }) =>
    series.map((one) => ({ ...one, attributes: { ...one.attributes, machine: address } }))
  )
  const others = series.make(
    known.flatMap(({ address, metrics }) =>
      metrics.map((metric) => ({ ...metric, attributes: { ...metric.attributes, machine: address } }))
    )
  )
  return {
    text: render(machines.seriesOf(all)) + render(own) + render(others.series.map(shown)),
    leftOut: others.leftOut
  }
}

const shown = ({ labels, metric, name }: series.Series) => ({ ...metric, id: name, attributes: labels })

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

/**
 * Serves the numbers at `/metrics`, with what is known of the other machines if there are some; those of all machines at
 * `/metrics?machines=all`. What can't be shown is said once, in the log.
 */
export const routes = (board: Board, fleet: machines.Fleet) => {
  const said = new Set<string>()
  const sayOnce = Effect.fnUntraced(function*(leftOut: ReadonlyArray<series.LeftOut>) {
    for (const { id, thread, why } of leftOut) {
      const key = JSON.stringify([id, why])
      if (said.has(key) || said.size >= mostSaid) continue
      said.add(key)
      yield* Effect.logWarning(`/metrics leaves out the metric "${id}" of thread "${thread}": ${why}`)
    }
  })
  // This machine's own numbers are there whatever is known of the others.
  const others = Effect.map(fleet.list, ({ machines: all }) => render(machines.seriesOf(all)))
  const ofThisOne = Effect.map(
    Effect.all([board.threads, board.metrics, board.measures, others], { concurrency: "unbounded" }),
    ([threads, metrics, measured, others]) => {
      const { leftOut, text } = format(threads, metrics, measured)
      return { leftOut, text: text + others }
    }
  )
  const ofAll = Effect.map(fleet.counted, formatAll)
  return HttpRouter.add(
    "GET",
    "/metrics",
    Effect.flatMap(HttpServerRequest, ({ url }) => areAllWanted(url) ? ofAll : ofThisOne).pipe(
      Effect.tap(({ leftOut }) => sayOnce(leftOut)),
      Effect.map(({ text }) =>
        HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })
      ),
      Effect.catch((error) => Effect.succeed(HttpServerResponse.text(`${error.detail}\n`, { status: 503 })))
    )
  )
}

const areAllWanted = (url: string): boolean => new URLSearchParams(url.split("?", 2)[1] ?? "").get("machines") === "all"

/** A program that makes up names without end must not fill the log with them. */
const mostSaid = 1000
