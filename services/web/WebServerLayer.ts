/** Serves health, the control API and the dashboard. */
import * as Effect from "effect/Effect"
import { serve } from "./serve.ts"
import { WebServer } from "./WebServer.ts"

export default WebServer.toLayer(Effect.map(serve, (url) => WebServer.of({ Address: () => Effect.succeed(url) })))
