/**
 * When a request is tried again. Pure: no clock, no dice.
 */

/** Answers after which the same request may succeed. */
export const isRetryableStatus = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505)

const longestMillis = 365 * 86_400_000

/**
 * Reads a `Retry-After` header, a number of seconds or a date; undefined when it is neither.
 *
 * **Details**
 * - Returns milliseconds from now on, 0 for a date that has passed, a year at most. Source: RFC 9110, 10.2.3.
 * - A date is compared with the answer's own `Date`, so that a clock that is wrong on either side changes nothing; with
 *   `nowMillis` if the server sent none.
 */
export const retryAfterMillis = (
  header: string | undefined,
  date: string | undefined,
  nowMillis: number
): number | undefined => {
  const value = header?.trim() ?? ""
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, longestMillis)
  const at = dateMillis(value)
  return at === undefined
    ? undefined
    : Math.min(Math.max(0, at - (dateMillis(date?.trim() ?? "") ?? nowMillis)), longestMillis)
}

/**
 * Reads a date of HTTP in its three forms. It begins with the name of a day; `Date.parse` alone would take "1.5" for one, and
 * the form that names no zone for local time.
 */
const dateMillis = (text: string): number | undefined => {
  const at = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(/\d$/.test(text) ? `${text} GMT` : text) : Number.NaN
  return Number.isNaN(at) ? undefined : at
}

/**
 * Returns how long to wait before the next attempt: 0.5 s, 1 s, 2 s … 30 s, each by half at random.
 *
 * **Details**
 * - `attempt`: how many attempts have failed, from 1. `random`: from 0 to 1.
 */
export const backoffMillis = (attempt: number, random: number): number => {
  const longest = Math.min(30_000, 500 * 2 ** (attempt - 1))
  return longest / 2 + longest / 2 * random
}
