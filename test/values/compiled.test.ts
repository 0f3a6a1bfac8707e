import { it } from "@effect/vitest"
import "effect/schema/SchemaJITCompiler/enable"
import { assertArriveAsSent } from "./chance.ts"

it(
  "D14: Any value of any schema arrives as it was sent, where schemas are compiled, as in threads.",
  assertArriveAsSent
)
