import { behavior } from "../behavior.ts"
import { Alive, options } from "../Keyed.ts"

export default Alive.toLayer(behavior("Alive"), options.Alive)
