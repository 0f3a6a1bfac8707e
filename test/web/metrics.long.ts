/** `/metrics`: what Prometheus reads. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { ThreadMetric } from "heddle/ThreadMetric"
import * as metrics from "../../src/dashboard/metrics.ts"
import { launch } from "../cli/launching.ts"
import { post, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

describe("the supervisor's metrics", () => {
  it.live("The supervisor's metrics are Prometheus text, or 503 when the supervisor is silent.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const { headers, text } = yield* send(`${url}/metrics`)
      assert.strictEqual(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
      const lines = text.split("\n")
      assert.include(lines, "# TYPE heddle_thread_restarts_total counter")
      assert.include(lines, `heddle_thread_up{thread="bot"} 1`)
      assert.include(lines, `heddle_thread_heap_used_bytes{thread="web"} 24000000`)
      assert.include(lines, `heddle_actor_handled_total{thread="bot",actor="DiscordBot"} 12`)
      const sample = /^[a-z_]+\{thread="[a-z]+"(,actor="[A-Za-z]+")?\} [0-9.]+$/
      for (const line of lines.filter((line) => line !== "" && !line.startsWith("#"))) assert.match(line, sample)
      const families = lines.filter((line) => line.startsWith("# TYPE"))
      assert.strictEqual(new Set(families).size, families.length)
      world.supervisor = "fails"
      yield* Effect.repeat(send(`${url}/metrics`), { until: ({ status }) => status === 503 })
    }))

  it("F25: Instances have a label of their group, which says how many there are and how many run.", () => {
    const [thread, other] = makeWorld().threads
    assert(thread !== undefined && other !== undefined)
    const { text } = metrics.format([
      { ...thread, name: "hash.1", group: "hash" },
      { ...thread, name: "hash.2", group: "hash", state: "restarting" },
      other
    ], [])
    const lines = text.split("\n")
    assert.include(lines, `heddle_thread_up{thread="hash.1",group="hash"} 1`)
    assert.include(lines, `heddle_thread_up{thread="hash.2",group="hash"} 0`)
    assert.include(lines, `heddle_thread_up{thread="${other.name}"} 1`)
    assert.include(lines, `heddle_group_instances{group="hash"} 2`)
    assert.include(lines, `heddle_group_instances_up{group="hash"} 1`)
    assert.notInclude(text, `group="${other.group}"`)
  })

  it("The supervisor's metrics escape what labels can't hold.", () => {
    const [thread] = makeWorld().threads
    assert.isDefined(thread)
    assert.include(metrics.format([{ ...thread, name: `a"b\\c\nd` }], []).text, String.raw`{thread="a\"b\\c\nd"}`)
  })
})

describe("the threads' metrics", () => {
  type Series = Omit<ThreadMetric, "type" | "state">
  const series: Series = { thread: "bot", id: "x", description: undefined, attributes: {} }
  const counter = (more: Partial<Series>): ThreadMetric => ({
    ...series,
    ...more,
    type: "Counter",
    state: { count: 1, incremental: true }
  })
  const lines = (...given: ReadonlyArray<ThreadMetric>): ReadonlyArray<string> =>
    metrics.format([], given).text.split("\n").filter((line) => line !== "")

  it("The threads' metrics of one name are one family, whichever threads they are from.", () => {
    const described = { description: "One\nand two." }
    assert.deepStrictEqual(
      lines(
        counter({ ...described, thread: "bot", attributes: { actor: "Bot" } }),
        counter({ id: "y", thread: "bot" }),
        counter({ ...described, thread: "web", attributes: { path: `/"a"` } })
      ),
      [
        String.raw`# HELP x One\nand two.`,
        "# TYPE x counter",
        `x{thread="bot",actor="Bot"} 1`,
        String.raw`x{thread="web",path="/\"a\""} 1`,
        "# TYPE y counter",
        `y{thread="bot"} 1`
      ]
    )
  })

  it("The threads' metrics may have every type.", () => {
    const observed = { count: 3, min: 1, max: 9, sum: 12.5 }
    assert.deepStrictEqual(
      lines(
        { ...series, id: "gauge", type: "Gauge", state: { value: Infinity } },
        { ...series, id: "words", type: "Frequency", state: { occurrences: new Map([["a", 1], ["b", 2]]) } },
        { ...series, id: "hist", type: "Histogram", state: { ...observed, buckets: [[1, 1], [5, 2], [Infinity, 3]] } },
        { ...series, id: "quant", type: "Summary", state: { ...observed, quantiles: [[0.5, 4], [0.9, undefined]] } }
      ),
      [
        "# TYPE gauge gauge",
        `gauge{thread="bot"} +Inf`,
        "# TYPE words counter",
        `words{thread="bot",key="a"} 1`,
        `words{thread="bot",key="b"} 2`,
        "# TYPE hist histogram",
        `hist_bucket{thread="bot",le="1"} 1`,
        `hist_bucket{thread="bot",le="5"} 2`,
        `hist_bucket{thread="bot",le="+Inf"} 3`,
        `hist_sum{thread="bot"} 12.5`,
        `hist_count{thread="bot"} 3`,
        "# TYPE quant summary",
        `quant{thread="bot",quantile="0.5"} 4`,
        `quant_sum{thread="bot"} 12.5`,
        `quant_count{thread="bot"} 3`
      ]
    )
  })

  it("The threads' metrics don't mix with heddle's own.", () => {
    const [thread] = makeWorld().threads
    assert.isDefined(thread)
    const { text } = metrics.format([thread], [
      counter({ id: "heddle_thread_up" }),
      counter({ id: "heddle.thread.up" })
    ])
    assert.strictEqual(text.match(/^# TYPE heddle_thread_up /gm)?.length, 1)
    assert.include(text, `# TYPE app_heddle_thread_up counter\napp_heddle_thread_up{thread="bot"} 1\n`)
    assert.include(lines(counter({ id: "heddlesticks" })), `heddlesticks{thread="bot"} 1`)
  })

  it("The threads' metrics have no label twice.", () => {
    const attributes = { "thread": "5", "a-b": "1", "a.b": "2", "le": "3", "key": "4", "quantile": "5" }
    assert.include(
      lines(counter({ attributes })),
      `x{thread="bot",exported_thread="5",a_b="1",a_b_2="2",le="3",key="4",quantile="5"} 1`
    )
    assert.include(
      lines({ ...series, type: "Frequency", attributes: { key: "mine" }, state: { occurrences: new Map([["a", 1]]) } }),
      `x{thread="bot",exported_key="mine",key="a"} 1`
    )
  })

  it("The threads' metrics that can't be named are left out, and named as left out.", () => {
    for (const id of ["", "…", "привет", "___", "::", "-", "日本語"]) {
      const { leftOut, text } = metrics.format([], [counter({ id }), counter({ id: "fine" })])
      assert.deepStrictEqual(text, `# TYPE fine counter\nfine{thread="bot"} 1\n`, id)
      assert.deepStrictEqual(leftOut.map((left) => left.id), [id])
    }
    for (const id of ["5xx", "a…", "über", "x:y", "_x"]) assert.lengthOf(lines(counter({ id })), 2, id)
  })

  it("The threads' metrics never appear twice, whatever makes them equal.", () => {
    const histogram: ThreadMetric = {
      ...series,
      type: "Histogram",
      state: { count: 1, min: 1, max: 1, sum: 1, buckets: [[1, 1], [1, 1], [Infinity, 1]] }
    }
    const equal: ReadonlyArray<ReadonlyArray<ThreadMetric>> = [
      [counter({ id: "a.b" }), counter({ id: "a_b" })],
      [counter({ id: "a__b" }), counter({ id: "a-b_" })],
      [counter({ attributes: { a: "1", b: "2" } }), counter({ attributes: { b: "2", a: "1" } })],
      [counter({}), counter({ attributes: { unit: "bytes" } })],
      [counter({}), { ...series, type: "Gauge", state: { value: 2 } }],
      [counter({}), { ...series, type: "Frequency", state: { occurrences: new Map() } }],
      [counter({ id: "x_count" }), histogram],
      [histogram, counter({ id: "x_bucket" })]
    ]
    for (const given of equal) {
      const { leftOut, text } = metrics.format([], given)
      assert.lengthOf(leftOut, 1, text)
      const shown = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
      const named = shown.map((line) => line.replace(/ \S+$/, ""))
      assert.strictEqual(new Set(named).size, named.length, text)
      const families = text.match(/^# TYPE \S+/gm) ?? []
      assert.strictEqual(new Set(families).size, families.length, text)
    }
  })

  it.live("The threads' metrics that are left out are said once.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { lines, url } = yield* start(world)
      world.metrics = [counter({ id: "…" }), counter({ id: "a.b" }), counter({ id: "a_b" })]
      for (let n = 0; n < 3; n++) assert.include((yield* send(`${url}/metrics`)).text, "a_b")
      assert.lengthOf(lines.filter((line) => line.includes("leaves out")), 2)
    }))

  it.live(
    "The threads' metrics are there with their threads and actors, and don't fall when a thread ends, whatever ends it.",
    () =>
      Effect.gen(function*() {
        const heddle = yield* launch(["start", "tallying/served.ts"], { env: { PORT: "0" } })
        const [url = ""] = /http:\S+$/.exec(yield* heddle.line(/dashboard at http:\S+$/)) ?? []
        const seen: Record<string, ReadonlyArray<number>> = {}
        /** Looks until so many incarnations of each have counted themselves. */
        const become = (left: number, right: number) =>
          send(`${url}/metrics`).pipe(
            Effect.delay(20),
            Effect.map(({ text }) => {
              const now = text.matchAll(/^opened\{thread="(\w+)",actor="(\w+)"\} (\d+)$/gm)
              for (const [, thread = "", actor = "", count] of now) {
                seen[`${thread}/${actor}`] = [...seen[`${thread}/${actor}`] ?? [], Number(count)]
              }
              return text
            }),
            Effect.repeat({
              until: () => seen["left/Left"]?.at(-1) === left && seen["right/Right"]?.at(-1) === right
            }),
            Effect.timeout("20 seconds")
          )
        const text = yield* become(1, 1)
        assert.strictEqual(text.match(/^# TYPE opened counter$/gm)?.length, 1)
        yield* post(`${url}/api/threads/left/drill`, { how: "throw" })
        yield* become(2, 1)
        yield* post(`${url}/api/threads/left/drill`, { how: "spin" })
        yield* become(3, 1)
        yield* post(`${url}/api/threads/right/restart`, {})
        yield* become(3, 2)
        for (const [, counts] of Object.entries(seen)) assert.deepStrictEqual(counts, counts.toSorted((a, b) => a - b))
        yield* heddle.signal("SIGTERM")
        assert.strictEqual((yield* heddle.ended).code, 0)
      }),
    60_000
  )
})
