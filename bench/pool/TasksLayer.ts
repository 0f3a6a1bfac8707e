import * as Effect from "effect/Effect"
import { length, plus, spin } from "./functions.ts"
import { Tasks } from "./Tasks.ts"

export default Tasks.toLayer({
  Plus: (input) => Effect.sync(() => plus(input)),
  Spin: (input) => Effect.sync(() => spin(input)),
  Length: (input) => Effect.sync(() => length(input))
})
