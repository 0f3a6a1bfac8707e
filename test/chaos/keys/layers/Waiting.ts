import { behavior } from "../behavior.ts"
import { options, Waiting } from "../Keyed.ts"

export default Waiting.toLayer(behavior("Waiting"), options.Waiting)
