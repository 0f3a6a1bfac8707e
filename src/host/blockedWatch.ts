/**
 * Decides when to look for a blocked actor. It costs nothing while no message has to wait for a place, and a look a message that has.
 *
 * ```text
 *   at rest --- a message waits ---> first look --- something is blocked ---> second look
 *      ^                                |                                         |
 *      +------- nothing is blocked -----+---- the same is still blocked: report --+
 * ```
 */
import type { After } from "../loop/timeouts.ts"

/** An actor that is busy is not looked at for each message that waits; one that is still blocked at the next look may be stuck. */
const firstLookMillis = 4
const nextLookMillis = 4

/**
 * Makes the function to call for each message that has to wait.
 *
 * **Details**
 * - `blocked`: looks which asks block an actor now.
 * - `onBlocked` is called when an ask has blocked one at two looks in a row.
 * - Messages that begin to wait between two looks cause one more round of looks, however many they are.
 */
export const make = <Ask>({ after, blocked, onBlocked }: {
  readonly blocked: () => ReadonlySet<Ask>
  readonly after: After
  readonly onBlocked: () => void
}): () => void => {
  let armed = false
  let againArmed = false
  const arm = (): void => {
    if (armed) againArmed = true
    else {
      armed = true
      after(firstLookMillis, { onDue: look })
    }
  }
  const look = (): void => {
    const before = blocked()
    if (before.size > 0) after(nextLookMillis, { onDue: () => lookAgain(before) })
    else rest()
  }
  const lookAgain = (before: ReadonlySet<Ask>): void => {
    const now = blocked()
    if (Array.from(now).some((ask) => before.has(ask))) onBlocked()
    rest()
  }
  const rest = (): void => {
    armed = false
    if (!againArmed) return
    againArmed = false
    arm()
  }
  return arm
}
