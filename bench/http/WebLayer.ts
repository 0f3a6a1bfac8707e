import * as Effect from "effect/Effect"
import { serve } from "./app.ts"
import { Web } from "./Web.ts"

export default Web.toLayer(Effect.map(serve, (port) => Web.of({ Port: () => Effect.succeed(port) })))
