import * as Effect from "effect/Effect"
import { Room } from "./actors.ts"

export const program = Effect.flatMap(Room, (rooms) => rooms.of(7).Say({ text: "hi" }))
