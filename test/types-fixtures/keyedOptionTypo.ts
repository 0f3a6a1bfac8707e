import * as Effect from "effect/Effect"
import { Seat } from "./actors.ts"

export const layer = Seat.toLayer(() => ({ Sit: () => Effect.void }), { idel: "1 minute" })
