import * as Effect from "effect/Effect"
import { Driver } from "./Bench.ts"
import { measurements } from "./measurements.ts"

export default Driver.toLayer(
  Effect.map(measurements, (measure) => Driver.of({ Measure: ({ args, name }) => Effect.orDie(measure(name, args)) }))
)
