import { behavior } from "../behavior.ts"
import { Courier, options } from "../Subject.ts"

export default Courier.toLayer(behavior("Courier"), options.Courier)
