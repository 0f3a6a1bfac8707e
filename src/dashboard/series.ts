/**
 * Gives metrics names and labels that Prometheus takes, and leaves out what would spoil the whole answer: Prometheus
 * rejects all of it when one name is not usable, or one series appears twice. Pure.
 */
import type * as Metric from "effect/Metric"
import type { ThreadMetric } from "../ThreadMetric.ts"

/** A metric with the name and the labels that it is shown with. */
export interface Series {
  readonly name: string
  readonly labels: Metric.Metric.AttributeSet
  readonly metric: ThreadMetric
}

/** A metric that is not shown. */
export interface LeftOut {
  readonly thread: string
  readonly id: string
  readonly why: string
}

/** The series of these metrics, and what of them can't be shown. Of equal series the first is shown. */
export const make = (
  metrics: ReadonlyArray<ThreadMetric>
): { readonly series: ReadonlyArray<Series>; readonly leftOut: ReadonlyArray<LeftOut> } => {
  const series: Array<Series> = []
  const leftOut: Array<LeftOut> = []
  const owners = new Map<string, string>()
  const seen = new Set<string>()
  for (const metric of metrics) {
    const { id, thread } = metric
    const name = nameOf(id)
    const labels = labelsOf(metric)
    const identity = JSON.stringify([name, Object.entries(labels).filter(isShown).toSorted(byName)])
    const family = `${name} (${metric.type === "Frequency" ? "Counter" : metric.type})`
    const owner = namesOf(name, metric.type).map((taken) => owners.get(taken)).find((other) =>
      other !== undefined && other !== family
    )
    if (name === "") leftOut.push({ thread, id, why: "its name has no letter or digit that Prometheus takes" })
    else if (owner !== undefined) leftOut.push({ thread, id, why: `its name would be that of the metric ${owner}` })
    else if (seen.has(identity)) leftOut.push({ thread, id, why: `another metric has the name ${name} and its labels` })
    else {
      seen.add(identity)
      for (const taken of namesOf(name, metric.type)) owners.set(taken, family)
      series.push({ name, labels, metric: withoutRepetition(metric) })
    }
  }
  return { series, leftOut }
}

/** A name as Effect's exporter writes it; ours begin with `heddle_`, so others that do get a prefix. */
const nameOf = (id: string): string => {
  const name = id.replace(/[^a-zA-Z0-9_:]/g, "_").replace(/^(?=[0-9:])/, "_").replace(/_+/g, "_").replace(/_$/, "")
  if (!/[a-zA-Z0-9]/.test(name)) return ""
  return /^_?heddle(_|$)/.test(name) ? `app_${name.replace(/^_/, "")}` : name
}

/** All names that a metric appears under. */
const namesOf = (name: string, type: Metric.Metric.Type): ReadonlyArray<string> =>
  type === "Histogram"
    ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
    : type === "Summary"
    ? [name, `${name}_sum`, `${name}_count`]
    : [name]

/** The label that Prometheus itself needs for each type. */
const taken: Readonly<Partial<Record<Metric.Metric.Type, string>>> = {
  Frequency: "key",
  Histogram: "le",
  Summary: "quantile"
}

/** Labels are named once each: a further attribute that comes to the same name gets a number. */
const labelsOf = ({ attributes, thread, type }: ThreadMetric): Metric.Metric.AttributeSet => {
  const labels: Record<string, string> = { thread }
  for (const [attribute, value] of Object.entries(attributes)) {
    const plain = attribute.replace(/[^a-zA-Z0-9]+/g, "_").replace(/^(?=[0-9])/, "_") || "_"
    const name = plain === "thread" || plain === taken[type] ? `exported_${plain}` : plain
    let free = name
    for (let number = 2; free in labels; number++) free = `${name}_${number}`
    labels[free] = value
  }
  return labels
}

/** The exporter writes all labels but these. */
const isShown = ([name]: readonly [string, string]): boolean => name !== "unit" && name !== "time_unit"

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => a < b ? -1 : a > b ? 1 : 0

/** Each bucket and each quantile is a series of its own. */
const withoutRepetition = (metric: ThreadMetric): ThreadMetric => {
  switch (metric.type) {
    case "Histogram":
      return { ...metric, state: { ...metric.state, buckets: unique(metric.state.buckets) } }
    case "Summary":
      return { ...metric, state: { ...metric.state, quantiles: unique(metric.state.quantiles) } }
    default:
      return metric
  }
}

const unique = <A extends readonly [number, unknown]>(pairs: ReadonlyArray<A>): ReadonlyArray<A> =>
  pairs.filter(([key], index) => pairs.findIndex(([other]) => Object.is(other, key)) === index)
