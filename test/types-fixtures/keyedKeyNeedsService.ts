import * as Effect from "effect/Effect"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import { Actor } from "heddle"
import { Archive } from "./actors.ts"

const Place = Schema.String.pipe(Schema.decodeTo(Schema.Int, {
  decode: SchemaGetter.transformEffect(() => Effect.map(Archive, ({ size }) => size)),
  encode: SchemaGetter.transform(String)
}))

export class Hall extends Actor.Keyed<Hall>()("Hall", { key: Place }, [Rpc.make("Open")]) {}
