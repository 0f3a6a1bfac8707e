import { behavior } from "../behavior.ts"
import { Calm, options } from "../Subject.ts"

export default Calm.toLayer(behavior("Calm"), options.Calm)
