import * as Effect from "effect/Effect"
import { Greeter } from "./actors.ts"

export const program = Effect.flatMap(Greeter, (greeter) => greeter.Hello({ nam: "Ada" }))
