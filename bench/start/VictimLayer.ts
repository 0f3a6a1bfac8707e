import * as Effect from "effect/Effect"
import { Victim } from "./Victim.ts"

export default Victim.toLayer({
  Ping: () => Effect.void,
  Entry: () => Effect.sync(() => process.argv[1] ?? ""),
  Die: () => Effect.sync(() => process.exit(1))
})
