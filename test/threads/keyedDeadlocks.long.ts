/** The same deadlocks among keys as on simulated threads, on real ones. */
import { layer } from "@effect/vitest"
import { System } from "heddle"
import { cases } from "../fixtures/keyedDeadlocks/cases.ts"
import config from "../fixtures/keyedDeadlocks/config.ts"
import { quietly } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "deadlocks of keys",
  (it) => {
    for (const [title, test] of cases) it.effect(`D12: ${title}`, () => test)
  }
)
