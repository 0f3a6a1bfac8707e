import * as Effect from "effect/Effect"
import { Sink } from "./Sink.ts"

let taken = 0

export default Sink.toLayer({
  Take: ({ order }) =>
    Effect.sync(() => {
      taken++
      return order
    }),
  Taken: () => Effect.sync(() => taken)
}, { concurrency: 64 })
