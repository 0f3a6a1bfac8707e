/** Traces, metrics and logs of all threads, at a collector of OpenTelemetry's protocol that is this test's own. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createServer } from "node:http"
import { json } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { launch } from "./launching.ts"

const program = fileURLToPath(new URL("../fixtures/exporting/main.ts", import.meta.url))

const Resource = Schema.Struct({
  attributes: Schema.Array(Schema.Struct({
    key: Schema.String,
    value: Schema.Struct({ stringValue: Schema.optional(Schema.String) })
  }))
})
const Span = Schema.Struct({
  name: Schema.String,
  traceId: Schema.String,
  spanId: Schema.String,
  parentSpanId: Schema.optional(Schema.String)
})
const Log = Schema.Struct({
  body: Schema.Struct({ stringValue: Schema.optional(Schema.String) }),
  severityText: Schema.String,
  traceId: Schema.optional(Schema.String)
})
const Points = Schema.optional(Schema.Struct({
  dataPoints: Schema.Array(Schema.Struct({
    ...Resource.fields,
    asDouble: Schema.optional(Schema.Finite),
    asInt: Schema.optional(Schema.Union([Schema.Finite, Schema.FiniteFromString]))
  }))
}))
const Metric = Schema.Struct({ name: Schema.String, sum: Points, gauge: Points })
const Body = Schema.Struct({
  resourceSpans: Schema.optional(Schema.Array(Schema.Struct({
    resource: Resource,
    scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) }))
  }))),
  resourceLogs: Schema.optional(Schema.Array(Schema.Struct({
    resource: Resource,
    scopeLogs: Schema.Array(Schema.Struct({ logRecords: Schema.Array(Log) }))
  }))),
  resourceMetrics: Schema.optional(Schema.Array(Schema.Struct({
    resource: Resource,
    scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Metric) }))
  })))
})
const decode = Schema.decodeUnknownSync(Body)

const attributeOf = ({ attributes }: typeof Resource.Type, name: string): string | undefined =>
  attributes.find(({ key }) => key === name)?.value.stringValue

/** Listens on a free port of loopback; keeps what arrives, by thread. */
const collector = Effect.gen(function*() {
  const paths = new Set<string>()
  /** Of answers, as they were asked for. */
  const encodings = new Set<string | undefined>()
  const spans: Array<typeof Span.Type & { readonly thread: string | undefined; readonly service: string | undefined }> =
    []
  const logs: Array<typeof Log.Type & { readonly thread: string | undefined }> = []
  const metrics: Array<{ readonly name: string; readonly thread: string | undefined }> = []
  /** The last value of each series, by its name and labels. */
  const values = new Map<string, number>()
  const server = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(async (request, response) => {
        paths.add(request.url ?? "")
        encodings.add(request.headers["accept-encoding"])
        const { resourceLogs = [], resourceMetrics = [], resourceSpans = [] } = decode(await json(request))
        for (const { resource, scopeSpans } of resourceSpans) {
          const [thread, service] = [attributeOf(resource, "thread.name"), attributeOf(resource, "service.name")]
          for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ ...span, thread, service })))
        }
        for (const { resource, scopeLogs } of resourceLogs) {
          const thread = attributeOf(resource, "thread.name")
          for (const scope of scopeLogs) logs.push(...scope.logRecords.map((log) => ({ ...log, thread })))
        }
        for (const { resource, scopeMetrics } of resourceMetrics) {
          const thread = attributeOf(resource, "thread.name")
          for (const { metrics: measured } of scopeMetrics) {
            metrics.push(...measured.map(({ name }) => ({ name, thread })))
            for (const { gauge, name, sum } of measured) {
              for (const { asDouble, asInt, attributes } of (gauge ?? sum)?.dataPoints ?? []) {
                const labels = attributes.map(({ key, value }) => `${key}=${value.stringValue}`).toSorted()
                values.set([name, ...labels].join(" "), asDouble ?? asInt ?? Number.NaN)
              }
            }
          }
        }
        response.setHeader("content-type", "application/json").end("{}")
      }).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, encodings, paths, spans, logs, metrics, values }
})

describe("OpenTelemetry", () => {
  it.live("S8: One ask over three threads arrives at a collector as one trace, with the logs and metrics of each thread.", () =>
    Effect.gen(function*() {
      const { encodings, logs, metrics, paths, spans, url } = yield* collector
      const ran = yield* launch([], { program, env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SERVICE_NAME: "trial" } })
      const { code } = yield* ran.ended
      assert.strictEqual(code, 0, ran.lines.join("\n"))
      assert.deepStrictEqual([...paths].toSorted(), ["/v1/logs", "/v1/metrics", "/v1/traces"])
      assert.deepStrictEqual([...encodings], ["identity"])
      const named = (name: string) => {
        const found = spans.filter((span) => span.name === name)
        assert.lengthOf(found, 1, name)
        return found[0]
      }
      const chain = [named("customer"), named("First.Go"), named("Second.Go"), named("Third.Go")]
      assert.deepStrictEqual(chain.map((span) => span?.thread), ["main", "one", "two", "three"])
      assert.lengthOf(new Set(chain.map((span) => span?.traceId)), 1)
      assert.deepStrictEqual(
        chain.slice(1).map((span) => span?.parentSpanId),
        chain.slice(0, -1).map((span) => span?.spanId)
      )
      assert.deepStrictEqual(new Set(spans.map(({ service }) => service)), new Set(["trial"]))
      const [trace] = chain
      const written = (text: string) => logs.filter(({ body }) => body.stringValue === text)
      assert.deepStrictEqual(
        written("at the end").map(({ severityText, thread, traceId }) => [severityText.toUpperCase(), thread, traceId]),
        [["WARN", "three", trace?.traceId]]
      )
      assert.deepStrictEqual(written("got 4").map(({ thread, traceId }) => [thread, traceId]), [[
        "main",
        trace?.traceId
      ]])
      assert.deepInclude(metrics, { name: "gone", thread: "three" })
      // They are written to standard output all the same, once.
      assert.lengthOf(ran.lines.filter((line) => line.includes("at the end")), 1)
    }))

  it.live("S8: The metrics of process, threads and actors arrive at a collector, with or without a dashboard.", () =>
    Effect.gen(function*() {
      const { url, values } = yield* collector
      const ran = yield* launch([], {
        program,
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRIC_EXPORT_INTERVAL: "100" }
      })
      assert.strictEqual((yield* ran.ended).code, 0, ran.lines.join("\n"))
      assert.strictEqual(values.get("heddle_thread_incarnation thread=one"), 1)
      assert.strictEqual(values.get("heddle_actor_handled_total actor=Second thread=two"), 1)
      for (
        const name of [
          "heddle_process_cpu_seconds_total",
          "heddle_process_resident_memory_bytes",
          "heddle_thread_heap_used_bytes thread=three",
          "heddle_actor_handle_seconds_total actor=First thread=one"
        ]
      ) assert.isAtLeast(values.get(name) ?? Number.NaN, 0, name)
    }))

  it.live("S8: Nothing is exported if OTEL_SDK_DISABLED says so, and a collector that is not there holds up no end.", () =>
    Effect.gen(function*() {
      const { paths, url } = yield* collector
      const off = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: "true" }
      const disabled = yield* launch([], { program, env: off })
      assert.strictEqual((yield* disabled.ended).code, 0)
      assert.deepStrictEqual([...paths], [])
      // Port 9 of loopback refuses connections.
      const alone = yield* launch([], { program, env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" } })
      assert.strictEqual((yield* alone.ended).code, 0)
      assert.lengthOf(alone.lines.filter((line) => line.endsWith("got 4")), 1, alone.lines.join("\n"))
    }))
})
