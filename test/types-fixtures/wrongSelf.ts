import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import type { Porter } from "./actors.ts"

// Copied from Porter; the name was changed, the type was not.
class Doorman extends Actor.Service<Porter>()("Doorman", [
  Rpc.make("Open", { payload: { door: Schema.Int }, success: Schema.String })
]) {}

const layer = Doorman.toLayer({ Open: () => Effect.succeed("open") })
export const lazy = Actor.lazy(Doorman, () => Promise.resolve({ default: layer }))
