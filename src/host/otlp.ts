/**
 * Effect's exporter of traces, metrics and logs by OTLP over HTTP, set up by the environment as OpenTelemetry has it.
 * [telemetry.ts](telemetry.ts) loads it where it is wanted.
 */
import * as ConfigProvider from "effect/ConfigProvider"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import { plainFetch } from "./plainFetch.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** What OpenTelemetry has as defaults, and Effect has not. The time-out is for the last export, which the end of a thread waits for. */
const defaults = {
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_METRICS_EXPORTER: "otlp",
  OTEL_LOGS_EXPORTER: "otlp",
  OTEL_EXPORTER_OTLP_TIMEOUT: "1000"
}

/** The environment with the defaults; a service that has no name is called after the package that npm runs. */
const complete = (environment: Environment): Record<string, string> => {
  const isNamed = /(^|,)\s*service\.name\s*=/.test(environment["OTEL_RESOURCE_ATTRIBUTES"] ?? "")
  const name: Record<string, string> = isNamed ? {} : { OTEL_SERVICE_NAME: environment["npm_package_name"] ?? "heddle" }
  const set = Object.entries(environment).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "")
  return { ...defaults, ...name, ...Object.fromEntries(set) }
}

/** Who exports. */
const resourceOf = (thread: string) => ({ attributes: { "process.pid": process.pid, "thread.name": thread } })

/** How the exporters speak, and where they read what is set. */
const provided = () => {
  const isJson = process.env["OTEL_EXPORTER_OTLP_PROTOCOL"] !== "http/protobuf"
  return Layer.mergeAll(
    isJson ? OtlpSerialization.layerJson : OtlpSerialization.layerProtobuf,
    Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, plainFetch)),
    ConfigProvider.layer(ConfigProvider.fromEnv({ env: complete(process.env) }))
  )
}

/** Exports what a thread traces, measures and logs. */
export const layer = (thread: string) =>
  Otlp.layerFromConfig({ resource: resourceOf(thread) }).pipe(Layer.provide(provided()))

/** Exports the metrics of the registry that it is built with, and nothing else. */
export const measures = (thread: string) =>
  OtlpMetrics.layerFromConfig({ resource: resourceOf(thread) }).pipe(Layer.provide(provided()))
