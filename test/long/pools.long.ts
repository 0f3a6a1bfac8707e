import { it } from "@effect/vitest"
import * as pools from "../chaos/pools.ts"

for (let seed = 1; seed <= 10; seed++) {
  it.live(
    `F25, F28, D2: Two pools with two senders each lose no task and run none twice (seed ${seed}).`,
    () => pools.run(seed, 3000, 100),
    300_000
  )
}
