import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** One for each room. A line that was accepted is said, whichever machines end meanwhile; its `id` keeps it from being said twice. */
export class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [
  Actor.durable(Rpc.make("Say", { payload: { id: Schema.String, text: Schema.String } }), { id: ({ id }) => id }),
  Rpc.make("Read", { success: Schema.Array(Schema.String) })
]) {}

/** One in all: two bots would answer twice. */
export class Bot extends Actor.Service<Bot>()("Bot", [
  Rpc.make("Tour", { payload: { rooms: Schema.Int }, success: Schema.String })
]) {}
