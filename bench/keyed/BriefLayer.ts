import { handlers } from "./handlers.ts"
import { Brief } from "./Room.ts"

export default Brief.toLayer(() => handlers, { capacity: 200_000, idle: "2 seconds" })
