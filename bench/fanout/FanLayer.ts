import * as Effect from "effect/Effect"
import { ask } from "./ask.ts"
import { Fan } from "./Fan.ts"

export default Fan.toLayer(
  Effect.map(ask, (ask) => Fan.of({ Ask: ({ blades, count, window }) => ask(count, window, blades) }))
)
