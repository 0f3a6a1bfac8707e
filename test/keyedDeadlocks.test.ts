/** Deadlocks among keys, with time-outs far longer than it takes to see them; and what only looks like one. */
import { layer } from "@effect/vitest"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Testing from "heddle/Testing"
import { cases } from "./fixtures/keyedDeadlocks/cases.ts"
import config from "./fixtures/keyedDeadlocks/config.ts"

const simulated = Layer.provide(Testing.layer(config), Logger.layer([]))

layer(simulated, { excludeTestServices: true, timeout: "30 seconds" })(
  "deadlocks of keys on simulated threads",
  (it) => {
    for (const [title, test] of cases) it.effect(`D12: ${title}`, () => test)
  }
)
