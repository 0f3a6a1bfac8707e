/**
 * Tells a hung thread from a busy one by progress: the counter that each thread's own event loop advances.
 *
 * Pure: what was seen last goes in, what is seen now comes out. Load is no sign of either: a hung thread and a busy,
 * healthy one both use all of a core.
 */

/** What was seen of one incarnation. */
export interface Sight {
  readonly incarnation: number
  readonly beats: number
  /** When the counter was last seen to move. */
  readonly movedAtMillis: number
  /** How many looks in a row found it unmoved. */
  readonly unmoved: number
}

/**
 * Looks at a counter again.
 *
 * **Details**
 * - Stalled is who has not moved for `stallAfterMillis` and for three looks: after the machine or the main loop has
 *   slept, the first look proves nothing.
 */
export const look = (
  before: Sight | undefined,
  now: { readonly incarnation: number; readonly beats: number; readonly nowMillis: number },
  stallAfterMillis: number
): { readonly sight: Sight; readonly stalledMillis: number | undefined } => {
  if (before === undefined || before.incarnation !== now.incarnation || before.beats !== now.beats) {
    const { beats, incarnation, nowMillis } = now
    return { sight: { incarnation, beats, movedAtMillis: nowMillis, unmoved: 0 }, stalledMillis: undefined }
  }
  const sight = { ...before, unmoved: before.unmoved + 1 }
  const millis = now.nowMillis - sight.movedAtMillis
  return { sight, stalledMillis: millis >= stallAfterMillis && sight.unmoved >= 3 ? millis : undefined }
}
