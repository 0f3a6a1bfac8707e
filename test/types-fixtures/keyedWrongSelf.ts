import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"
import type { Porter } from "./actors.ts"

class Hall extends Actor.Keyed<Porter>()("Hall", { key: Schema.String }, [Rpc.make("Open")]) {}
export const lazy = Actor.lazy(
  Hall,
  () => Promise.resolve({ default: Hall.toLayer(() => ({ Open: () => Effect.void })) })
)
