/**
 * Stops whoever guesses the token: ten wrong ones in a minute from one address, and it has to wait until the minute is
 * over, the right token included. Pure but for what it remembers.
 */

/** The wrong tokens of addresses. Times are milliseconds. */
export interface Guesses {
  /** How long the address has to wait; 0 for not at all. */
  readonly waitMillis: (address: string, nowMillis: number) => number
  readonly wrong: (address: string, nowMillis: number) => void
}

const allowed = 10
const windowMillis = 60_000

/** From this number on the address that guessed first is forgotten. */
const remembered = 1000

export const make = (): Guesses => {
  const byNetwork = new Map<string, { count: number; readonly sinceMillis: number }>()
  const current = (address: string, nowMillis: number) => {
    const found = byNetwork.get(network(address))
    return found !== undefined && nowMillis - found.sinceMillis < windowMillis ? found : undefined
  }
  return {
    waitMillis: (address, nowMillis) => {
      const found = current(address, nowMillis)
      return found !== undefined && found.count >= allowed ? found.sinceMillis + windowMillis - nowMillis : 0
    },
    wrong: (address, nowMillis) => {
      const found = current(address, nowMillis)
      if (found !== undefined) return void found.count++
      const key = network(address)
      byNetwork.delete(key)
      byNetwork.set(key, { count: 1, sinceMillis: nowMillis })
      const oldest = byNetwork.keys().next()
      if (byNetwork.size > remembered && oldest.done === false) byNetwork.delete(oldest.value)
    }
  }
}

/** Whoever has one address of IPv6 has all that begin with the same 64 bits. */
const network = (address: string): string => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "")
  return plain.includes(":") ? plain.split(":").slice(0, 4).join(":") : plain
}
