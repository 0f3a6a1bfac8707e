import { handlers } from "./handlers.ts"
import { Plain } from "./Room.ts"

export default Plain.toLayer(handlers)
