/**
 * Spares logins: Discord grants 1000 a day and resets the token of a bot that takes more. When it takes logins and ends
 * them at once, again and again, each has to wait longer for its turn. Pure but for what it counts.
 */

/** The logins that led to nothing. Times are those of one monotonic clock, in milliseconds. */
export interface Logins {
  readonly began: (nowMillis: number) => void
  readonly succeeded: () => void
  /** How long until the next login may begin; 0 for now. */
  readonly mustWaitMillis: (nowMillis: number) => number
}

/** So many may follow each other as they come. */
const free = 3
const firstWaitMillis = 30_000
const longestWaitMillis = 600_000

export const make = (): Logins => {
  let inVain = 0
  let lastMillis = 0
  return {
    began(nowMillis) {
      inVain++
      lastMillis = nowMillis
    },
    succeeded() {
      inVain = 0
    },
    mustWaitMillis: (nowMillis) =>
      inVain < free
        ? 0
        : Math.max(0, lastMillis + Math.min(longestWaitMillis, firstWaitMillis * 2 ** (inVain - free)) - nowMillis)
  }
}
