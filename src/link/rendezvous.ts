/**
 * Places keys on instances by rendezvous hashing: each instance has a weight for a key, and the heaviest one gets it.
 *
 * Every sender computes the same place by itself. One more instance takes over only the keys for which it is the heaviest, and
 * the keys of one that is gone are spread over the others; no other key moves.
 *
 * Source: Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998).
 */

import { hashOf } from "../base/hash.ts"

/** Spreads 32 bits, so that inputs that differ in one bit have unlike results (the finalizer of MurmurHash3). */
const spread = (bits: number): number => {
  const once = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return (twice ^ (twice >>> 16)) >>> 0
}

/** The part, from 0 on, that a key falls into if all keys are divided into `count` parts. */
export const partOf = (key: string, count: number): number => spread(hashOf(key)) % count

/** The instance, from 0 on, on which a key lives if there are `count` of them. */
export const placeOf = (key: string, count: number): number => {
  if (count <= 1) return 0
  const hash = hashOf(key)
  let place = 0
  let heaviest = -1
  for (let instance = 0; instance < count; instance++) {
    const weight = spread(hash ^ Math.imul(instance + 1, 0x9e3779b1))
    if (weight > heaviest) {
      heaviest = weight
      place = instance
    }
  }
  return place
}
