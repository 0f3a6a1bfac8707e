import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import { porterLayer } from "./actors.ts"

// The same messages as Porter's, under another name.
class Doorman extends Actor.Service<Doorman>()("Doorman", [
  Rpc.make("Open", { payload: { door: Schema.Int }, success: Schema.String })
]) {}

export const right = Actor.lazy(
  Doorman,
  () => Promise.resolve({ default: Doorman.toLayer({ Open: () => Effect.succeed("open") }) })
)

export const wrong = Actor.lazy(Doorman, () => Promise.resolve({ default: porterLayer }))
