/** Keyed actors on main, and in a process of their own. */
import { layer } from "@effect/vitest"
import { System } from "heddle"
import inline from "../fixtures/keyed/inlineConfig.ts"
import isolated from "../fixtures/keyed/processConfig.ts"
import { cases } from "./keyedCases.ts"
import { quietly } from "./watching.ts"

const options = { excludeTestServices: true, timeout: "60 seconds" } as const

layer(quietly(System.layer(inline)), options)("keyed actors on main", (it) => cases(it, false))

layer(quietly(System.layer(isolated)), options)("keyed actors in a process", (it) => cases(it, true))
