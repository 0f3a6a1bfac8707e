import { behavior } from "../behavior.ts"
import { options, Solo } from "../Subject.ts"

export default Solo.toLayer(behavior("Solo"), options.Solo)
