/**
 * Identifiers that sort by the time at which they were made (UUID version 7): those of one time lie next to each other in an index.
 */
import { randomUUID } from "node:crypto"

/** Makes an identifier. Those of one millisecond are in no order. */
export const timed = (nowMillis: number): string => {
  const time = Math.max(0, Math.floor(nowMillis)).toString(16).padStart(12, "0").slice(-12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
