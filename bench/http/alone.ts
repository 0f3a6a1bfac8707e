import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Measurements } from "../contestant.ts"
import { serve } from "./app.ts"

export default async (): Promise<Measurements> => {
  const port = await Effect.runPromise(Effect.provideService(serve, Scope.Scope, Scope.makeUnsafe()))
  return { port: async () => [port] }
}
