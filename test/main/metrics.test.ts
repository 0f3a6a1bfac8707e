import { assert, describe, it } from "@effect/vitest"
import * as gathered from "../../src/main/metrics.ts"
import type { ThreadMetric } from "../../src/ThreadMetric.ts"

type Series = Omit<ThreadMetric, "type" | "state">
const series: Series = { thread: "bot", id: "x", description: undefined, attributes: {} }
const counter = (count: number, more: Partial<Series> = {}): ThreadMetric => ({
  ...series,
  ...more,
  type: "Counter",
  state: { count, incremental: true }
})
const gauge = (value: number): ThreadMetric => ({ ...series, type: "Gauge", state: { value } })
const frequency = (occurrences: Readonly<Record<string, number>>): ThreadMetric => ({
  ...series,
  type: "Frequency",
  state: { occurrences: new Map(Object.entries(occurrences)) }
})
const observed = { count: 3, min: 1, max: 9, sum: 12 }
const histogram = (...buckets: ReadonlyArray<readonly [number, number]>): ThreadMetric => ({
  ...series,
  type: "Histogram",
  state: { ...observed, buckets }
})
const summary = (median: number | undefined): ThreadMetric => ({
  ...series,
  type: "Summary",
  state: { ...observed, quantiles: [[0.5, median]] }
})

/** What is known of a thread that counted `before`, died, and counts `after` in its next incarnation. */
const restarted = (before: ReadonlyArray<ThreadMetric>, after: ReadonlyArray<ThreadMetric>) => {
  const all = gathered.make()
  all.note("bot", before)
  all.bury("bot")
  all.note("bot", after)
  return all.snapshot([])
}
const twice = { count: 6, min: 1, max: 9, sum: 24 }

describe("the metrics of a thread that comes back", () => {
  const cases: ReadonlyArray<readonly [string, ThreadMetric, ThreadMetric, ThreadMetric["state"]]> = [
    ["a counter goes on", counter(3), counter(4), { count: 7, incremental: true }],
    ["a frequency goes on, word by word", frequency({ a: 1, b: 2 }), frequency({ b: 3, c: 4 }), {
      occurrences: new Map([["a", 1], ["b", 5], ["c", 4]])
    }],
    ["a histogram goes on, bucket by bucket", histogram([1, 1], [5, 2]), histogram([1, 0], [5, 3]), {
      ...twice,
      buckets: [[1, 1], [5, 5]]
    }],
    [
      "a histogram with other boundaries has both, and each says no more than is known",
      histogram([1, 1], [5, 2]),
      histogram([2, 1], [5, 3]),
      {
        ...twice,
        buckets: [[1, 1], [2, 2], [5, 5]]
      }
    ],
    ["a summary's count and sum go on, its quantiles are the new ones", summary(4), summary(5), {
      ...twice,
      quantiles: [[0.5, 5]]
    }],
    ["a gauge is the new one", gauge(3), gauge(4), { value: 4 }]
  ]
  for (const [title, before, after, state] of cases) {
    it(title, () => {
      assert.deepStrictEqual(restarted([before], [after]).map((metric) => metric.state), [state])
    })
  }
})

describe("the metrics of a thread that is dead", () => {
  it("The metrics of a thread that is dead are what it had counted, over all its incarnations, but no gauges and no quantiles.", () => {
    const all = gathered.make()
    for (let incarnation = 0; incarnation < 3; incarnation++) {
      all.note("bot", [counter(1)])
      all.note("bot", [counter(2), gauge(1), summary(4)])
      all.bury("bot")
    }
    const [counted, summarized, ...others] = all.snapshot([])
    assert.deepStrictEqual(counted, counter(6))
    assert.deepStrictEqual(summarized?.state, { count: 9, min: 1, max: 9, sum: 36, quantiles: [[0.5, undefined]] })
    assert.deepStrictEqual(others, [])
  })

  it("The metrics of a thread that is dead are none when it never said any.", () => {
    const all = gathered.make()
    all.bury("bot")
    assert.deepStrictEqual(all.snapshot([]), [])
  })
})

it("Only what has thread, type, name and attributes in common is added up.", () => {
  const different = [
    counter(1),
    counter(1, { thread: "web" }),
    counter(1, { id: "y" }),
    counter(1, { attributes: { actor: "A" } }),
    gauge(1)
  ]
  assert.deepStrictEqual(gathered.total(different), different)
  assert.deepStrictEqual(
    gathered.total([counter(1, { attributes: { a: "1", b: "2" } }), counter(2, { attributes: { b: "2", a: "1" } })]),
    [counter(3, { attributes: { b: "2", a: "1" } })]
  )
})

it("Main's own metrics are among them.", () => {
  const all = gathered.make()
  all.note("bot", [counter(1)])
  const own = counter(5, { thread: "main" })
  assert.deepStrictEqual(all.snapshot([own]), [own, counter(1)])
})
