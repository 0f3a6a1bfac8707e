import { behavior } from "../behavior.ts"
import { Loose, options } from "../Subject.ts"

export default Loose.toLayer(behavior("Loose"), options.Loose)
