/**
 * The metrics of all threads: what each last said of itself, and what its dead incarnations had counted.
 */
import type { ThreadMetric } from "../ThreadMetric.ts"

type All = ReadonlyArray<ThreadMetric>

export type Metrics = ReturnType<typeof make>

/** Makes the metrics of a system: of each living thread its last report, and the sums of the dead ones. */
export const make = () => {
  const living = new Map<string, All>()
  let dead: All = []
  return {
    /** A thread says what it has counted since it started. */
    note: (thread: string, metrics: All): void => void living.set(thread, metrics),
    /** A thread is dead: keeps what it has counted. */
    bury(thread: string): void {
      dead = total([...dead, ...(living.get(thread) ?? []).flatMap(remains)])
      living.delete(thread)
    },
    /** All there is, with what the supervisor's own thread has counted. */
    snapshot: (own: All): All => total([...own, ...dead, ...Array.from(living.values()).flat()])
  }
}

/** What is left of a metric when its thread is dead: what was counted, not what was so at the time. */
const remains = (metric: ThreadMetric): All => {
  switch (metric.type) {
    case "Gauge":
      return []
    case "Summary": {
      const quantiles = metric.state.quantiles.map(([part]): [number, undefined] => [part, undefined])
      return [{ ...metric, state: { ...metric.state, quantiles } }]
    }
    default:
      return [metric]
  }
}

/** Adds up what belongs together, earlier before later. */
export const total = (metrics: All): All => {
  const totals = new Map<string, ThreadMetric>()
  for (const metric of metrics) {
    const { attributes, id, thread, type } = metric
    const key = JSON.stringify([thread, type, id, Object.entries(attributes).toSorted()])
    const earlier = totals.get(key)
    totals.set(key, earlier === undefined ? metric : add(earlier, metric))
  }
  return Array.from(totals.values())
}

/** The sum of two reports of one metric. */
const add = (earlier: ThreadMetric, later: ThreadMetric): ThreadMetric => {
  if (earlier.type === "Counter" && later.type === "Counter") {
    return { ...later, state: { ...later.state, count: earlier.state.count + later.state.count } }
  }
  if (earlier.type === "Frequency" && later.type === "Frequency") {
    const occurrences = new Map(earlier.state.occurrences)
    for (const [word, count] of later.state.occurrences) occurrences.set(word, (occurrences.get(word) ?? 0) + count)
    return { ...later, state: { occurrences } }
  }
  if (earlier.type === "Histogram" && later.type === "Histogram") {
    const buckets = addBuckets(earlier.state.buckets, later.state.buckets)
    return { ...later, state: { ...addObserved(earlier.state, later.state), buckets } }
  }
  if (earlier.type === "Summary" && later.type === "Summary") {
    const { quantiles } = later.state
    return { ...later, state: { ...addObserved(earlier.state, later.state), quantiles } }
  }
  return later
}

type Observed = Pick<Extract<ThreadMetric, { readonly type: "Histogram" }>["state"], "count" | "min" | "max" | "sum">

const addObserved = (a: Observed, b: Observed): Observed => ({
  count: a.count + b.count,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
  sum: a.sum + b.sum
})

type Buckets = ReadonlyArray<readonly [boundary: number, upTo: number]>

/** A thread may come back with other boundaries; then each count says what is known to lie below its own. */
const addBuckets = (a: Buckets, b: Buckets): Buckets => {
  const upTo = (buckets: Buckets, boundary: number): number => buckets.findLast(([at]) => at <= boundary)?.[1] ?? 0
  const boundaries = new Set([...a, ...b].map(([boundary]) => boundary))
  return Array.from(boundaries).sort((x, y) => x - y).map((boundary) => [
    boundary,
    upTo(a, boundary) + upTo(b, boundary)
  ])
}
