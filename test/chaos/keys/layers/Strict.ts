import { behavior } from "../behavior.ts"
import { options, Strict } from "../Keyed.ts"

export default Strict.toLayer(behavior("Strict"), options.Strict)
