/**
 * Where the calls of a method come from, for the stacks of their errors.
 *
 * To note that costs more than half a microsecond, which is much of a call. So it is noted for the first calls, and for a while after
 * each failure: a method that answers well costs nothing more, and one that fails says where it was called.
 */
import { type CallSite, callSite } from "../base/trace.ts"

/** How many calls are noted at first, and after each failure. */
const notedCalls = 1000

export class CallSites {
  private left = notedCalls

  /** Notes where `below` was called, if it is time to. */
  note(below: Function): CallSite | undefined {
    if (this.left === 0) return undefined
    this.left--
    return callSite(below)
  }

  /** A call has failed: the next ones are noted. */
  renew(): void {
    this.left = notedCalls
  }
}
