import { layer } from "@effect/vitest"
import { System } from "heddle"
import config from "../fixtures/keyed/config.ts"
import { cases } from "./keyedCases.ts"
import { quietly } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "keyed actors",
  (it) => cases(it, true)
)
