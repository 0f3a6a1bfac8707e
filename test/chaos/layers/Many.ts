import { behavior } from "../behavior.ts"
import { Many, options } from "../Subject.ts"

export default Many.toLayer(behavior("Many"), options.Many)
