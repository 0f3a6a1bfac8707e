import { behavior } from "../behavior.ts"
import { options, Strict } from "../Subject.ts"

export default Strict.toLayer(behavior("Strict"), options.Strict)
