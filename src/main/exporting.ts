/**
 * Exports what is measured of a system by OTLP, if `OTEL_EXPORTER_OTLP_ENDPOINT` says where to.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Scope from "effect/Scope"
import type { Series } from "../control/measures.ts"
import { mainThread } from "../control/topology.ts"
import * as telemetry from "../host/telemetry.ts"

/** A metric in a registry, whatever its type. */
type Entry = Metric.MetricRegistry extends Map<string, infer A> ? A : never

/** A registry that is filled again whenever the exporter reads it. */
class Registry extends Map<string, Entry> {
  private readonly read: () => ReadonlyArray<Series>

  constructor(read: () => ReadonlyArray<Series>) {
    super()
    this.read = read
  }

  override values() {
    this.clear()
    const ignore = (): void => {}
    this.read().forEach(({ state, ...series }, index) => {
      this.set(String(index), { ...series, hooks: { get: () => state, update: ignore, modify: ignore } })
    })
    return super.values()
  }
}

/** Exports for as long as the scope lives, and once more when it closes. */
export const start = (read: () => ReadonlyArray<Series>): Effect.Effect<void, never, Scope.Scope> =>
  telemetry.isOn()
    ? Effect.gen(function*() {
      const { measures } = yield* Effect.promise(() => import("../host/otlp.ts"))
      const registry = Context.make(Metric.MetricRegistry, new Registry(read))
      yield* Effect.provideContext(Layer.build(measures(mainThread)), registry)
    }).pipe(Effect.catchCause((cause) => Effect.logWarning("the metrics of the system are not exported", cause)))
    : Effect.void
