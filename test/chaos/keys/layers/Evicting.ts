import { behavior } from "../behavior.ts"
import { Evicting, options } from "../Keyed.ts"

export default Evicting.toLayer(behavior("Evicting"), options.Evicting)
