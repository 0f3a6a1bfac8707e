/**
 * Collects the garbage of this thread.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Found by its name only if there is one. */
const collectorName = "typeof gc === \"function\" ? gc : undefined"

/**
 * Collects it at once. `thoroughly`: also what is kept for a while, and free memory goes back to the system.
 *
 * **Gotchas**
 * - V8 gives the function to contexts that are made while a flag is set, which is the process's: if another thread unsets it in
 *   between, nothing is collected. The inspector's command for it does not return in a worker.
 */
export const collect = (thoroughly = false): void => {
  setFlagsFromString("--expose-gc")
  const collector: unknown = runInNewContext(collectorName)
  setFlagsFromString("--no-expose-gc")
  if (typeof collector !== "function") return
  if (thoroughly) collector({ type: "major", execution: "sync", flavor: "last-resort" })
  else collector()
}
