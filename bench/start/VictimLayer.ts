import * as Effect from "effect/Effect"
import { Victim } from "./Victim.ts"

export default Victim.toLayer({
  Ping: () => Effect.void,
  Die: () => Effect.sync(() => process.exit(1))
})
