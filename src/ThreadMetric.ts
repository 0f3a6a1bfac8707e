/**
 * What the threads of a system count and measure with Effect's `Metric`.
 */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"

const metric = <const Type extends Metric.Metric.Type, State extends Schema.Constraint>(type: Type, state: State) =>
  Schema.Struct({
    thread: Schema.String,
    id: Schema.String,
    type: Schema.Literal(type),
    description: Schema.UndefinedOr(Schema.String),
    attributes: Schema.Record(Schema.String, Schema.String),
    state
  })

const observed = { count: Schema.Number, min: Schema.Number, max: Schema.Number, sum: Schema.Number }

/**
 * One metric of one thread, with one set of attributes: a snapshot as `Metric.snapshot` gives it, and the thread.
 *
 * **Details**
 * - `attributes` has `actor`, the name of the actor that counts, for all that is counted in actors.
 * - Counters, frequencies, histograms and the counts and sums of summaries count since the system started, over all
 *   incarnations of the thread. Gauges and quantiles are those of the living incarnation, and are gone with it.
 * - What a `bigint` counts is a number here.
 *
 * **Gotchas**
 * - `actor` is taken: an attribute of that name, given where the metric is made, is replaced.
 *
 * @since 0.1.0
 * @category models
 */
export const ThreadMetric = Schema.Union([
  metric("Counter", Schema.Struct({ count: Schema.Number, incremental: Schema.Boolean })),
  metric("Gauge", Schema.Struct({ value: Schema.Number })),
  metric("Frequency", Schema.Struct({ occurrences: Schema.ReadonlyMap(Schema.String, Schema.Number) })),
  /** `buckets` are pairs of a boundary and the number of observations up to it. */
  metric(
    "Histogram",
    Schema.Struct({ ...observed, buckets: Schema.Array(Schema.Tuple([Schema.Number, Schema.Number])) })
  ),
  /** `quantiles` are pairs of a part, 0 to 1, and the value that this part of the observations does not exceed, if there are any. */
  metric(
    "Summary",
    Schema.Struct({
      ...observed,
      quantiles: Schema.Array(Schema.Tuple([Schema.Number, Schema.UndefinedOr(Schema.Number)]))
    })
  )
])
/**
 * The type of `ThreadMetric`'s values.
 *
 * @since 0.1.0
 * @category models
 */
export type ThreadMetric = typeof ThreadMetric.Type

/**
 * Reads the metrics of the thread that this runs on, as data that may cross threads.
 *
 * **Gotchas**
 * - A metric that is registered with a hook that throws is left out: it is not worth a thread.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (thread: string, context: Context.Context<never>): ReadonlyArray<ThreadMetric> =>
  Array.from(Context.get(context, Metric.MetricRegistry).values()).flatMap(({ hooks, ...metadata }) => {
    try {
      return plain(thread, { ...metadata, state: hooks.get(context) })
    } catch {
      return []
    }
  })

const plain = (
  thread: string,
  { attributes = {}, description, id, ...metric }: Metric.Metric.Snapshot
): ThreadMetric => {
  const common = { thread, id, description, attributes }
  switch (metric.type) {
    case "Counter": {
      const { count, incremental } = metric.state
      return { ...common, type: metric.type, state: { count: Number(count), incremental } }
    }
    case "Gauge":
      return { ...common, type: metric.type, state: { value: Number(metric.state.value) } }
    // The map is the one that is counted in.
    case "Frequency":
      return { ...common, type: metric.type, state: { occurrences: new Map(metric.state.occurrences) } }
    case "Histogram":
      return { ...common, type: metric.type, state: metric.state }
    case "Summary":
      return { ...common, type: metric.type, state: metric.state }
  }
}
