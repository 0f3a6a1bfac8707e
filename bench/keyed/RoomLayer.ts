import { handlers } from "./handlers.ts"
import { Room } from "./Room.ts"

export default Room.toLayer(() => handlers, { capacity: 200_000, idle: "1 hour" })
