/**
 * The time in which this process was awake.
 *
 * A monotonic clock may go on while the machine is suspended, the process is stopped (SIGSTOP, a debugger), or main is
 * blocked. No thread is late because of that: such a gap counts for no duration of the supervisor.
 */
import { type Moment, plus } from "../loop/monotonic.ts"

/** A reading that comes later than expected by more than this follows a gap. */
const allowanceMillis = 500

/** `everyMillis`: how often the time is read at least, while the process is awake. */
export const make = (read: () => Moment, everyMillis: number): () => Moment => {
  let last = read()
  let asleepMillis = 0
  return () => {
    const now = read()
    const gap = now - last
    last = now
    if (gap > everyMillis + allowanceMillis) asleepMillis += gap - everyMillis
    return plus(now, -asleepMillis)
  }
}
