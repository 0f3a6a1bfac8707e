import * as Effect from "effect/Effect"
import { Slow } from "./Slow.ts"

let taken = 0

export default Slow.toLayer({
  Take: () => Effect.suspend(() => ++taken % 1000 === 0 ? Effect.sleep("2 millis") : Effect.void),
  Count: () => Effect.sync(() => taken)
})
