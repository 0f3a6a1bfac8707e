/** Hands an answer that Discord has not taken to `Deliveries`, which says it when Discord is back. */
import * as Effect from "effect/Effect"
import type { Late } from "./answers.ts"
import { Deliveries } from "./Deliveries.ts"

const late: Late<Deliveries> = (said, messageId) =>
  Effect.flatMap(Deliveries, (deliveries) => deliveries.Reply({ messageId, said }, { discard: true }))

export default late
