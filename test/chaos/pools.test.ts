import { it } from "@effect/vitest"
import * as pools from "./pools.ts"

it.live(
  "F25, F28, D2: Two pools with two senders each lose no task and run none twice, whatever happens to instances.",
  () => pools.run(20261128, 300, 8),
  120_000
)
