/**
 * Exports what a thread traces, measures and logs, if `OTEL_EXPORTER_OTLP_ENDPOINT` says where to. If not, nothing is loaded.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as causes from "../base/causes.ts"
import * as log from "../base/log.ts"
import { atMost } from "../loop/atMost.ts"

/** Whether each message that is handled is a span: it is if heddle exports the traces. */
export const MessageSpans = Context.Reference<boolean>("heddle/MessageSpans", { defaultValue: () => false })

/** How long the last export may take, which the end of a thread waits for. */
const flushMillis = 1500

/** Whether anything is exported. */
export const isOn = (): boolean =>
  (process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "") !== "" &&
  process.env["OTEL_SDK_DISABLED"]?.toLowerCase() !== "true"

/**
 * Adds the exporter of a thread to what its layers provide. Layers that bring a tracer export on their own, and get nothing.
 * What is left is exported when the scope closes.
 */
export const add = (
  thread: string,
  provided: Context.Context<never>,
  scope: Scope.Scope
): Effect.Effect<Context.Context<never>> => {
  if (!isOn() || provided.mapUnsafe.has(Tracer.Tracer.key)) return Effect.succeed(provided)
  return Effect.gen(function*() {
    const { layer } = yield* Effect.promise(() => import("./otlp.ts"))
    const own = yield* Scope.make()
    yield* Scope.addFinalizer(scope, Effect.asVoid(atMost(flushMillis, Scope.close(own, Exit.void))))
    const before = yield* Logger.CurrentLoggers
    const built = yield* Layer.buildWithScope(layer(thread), own)
    return Context.merge(provided, Context.omit(Layer.CurrentMemoMap)(built)).pipe(
      Context.add(Logger.CurrentLoggers, exportersOf(Context.get(built, Logger.CurrentLoggers), before)),
      Context.add(Tracer.Tracer, boundedTracer(Context.get(built, Tracer.Tracer))),
      Context.add(MessageSpans, true)
    )
  }).pipe(
    Effect.provideContext(provided),
    Effect.catchCause((cause) =>
      Effect.as(Effect.logWarning("telemetry is not exported, as OTEL_… can't be understood", cause), provided)
    )
  )
}

/** The loggers, of which those that were not there before export. */
const exportersOf = (
  loggers: ReadonlySet<Logger.Logger<unknown, unknown>>,
  before: ReadonlySet<Logger.Logger<unknown, unknown>>
): ReadonlySet<Logger.Logger<unknown, unknown>> =>
  new Set(Array.from(loggers, (logger) => {
    if (before.has(logger)) return logger
    const exporter = Logger.make((options: Logger.Options<unknown>) =>
      logger.log({ ...options, cause: causes.bounded(options.cause) })
    )
    log.noteExporter(exporter)
    return exporter
  }))

/** Exports of an error what is of use, in little time. */
const boundedTracer = (tracer: Tracer.Tracer): Tracer.Tracer =>
  Tracer.make({
    ...tracer,
    span(options) {
      const span = tracer.span(options)
      const { end } = span
      span.end = (endTime, exit) => end.call(span, endTime, causes.boundedExit(exit))
      return span
    }
  })
