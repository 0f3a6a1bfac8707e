/**
 * Counts wrong tokens: after ten in a minute a client's further wrong ones get 429. Pure but for what it remembers.
 *
 * The right token is always let in. Otherwise a page, another program or a neighbor behind the same router, which all share
 * the operator's address, could lock the operator out by sending wrong ones.
 */
import { networkOf } from "./clients.ts"

/** The wrong tokens of addresses. Times are milliseconds. */
export interface Guesses {
  /** Counts a wrong token; answers how long the client's further ones get 429, 0 for not yet. */
  readonly wrong: (address: string, nowMillis: number) => number
}

const allowed = 10
const windowMillis = 60_000

/** From this number on the address that guessed first is forgotten. */
const remembered = 1000

/** Counts wrong tokens by client, and tells which clients have to wait. */
export const make = (): Guesses => {
  const byNetwork = new Map<string, { count: number; readonly sinceMillis: number }>()
  return {
    wrong: (address, nowMillis) => {
      const key = networkOf(address)
      const found = byNetwork.get(key)
      if (found !== undefined && nowMillis - found.sinceMillis < windowMillis) {
        return ++found.count > allowed ? found.sinceMillis + windowMillis - nowMillis : 0
      }
      byNetwork.delete(key)
      byNetwork.set(key, { count: 1, sinceMillis: nowMillis })
      const oldest = byNetwork.keys().next()
      if (byNetwork.size > remembered && oldest.done === false) byNetwork.delete(oldest.value)
      return 0
    }
  }
}
