/** Discord's ids. */
const discordEpochMillis = 1_420_070_400_000

/** Makes ids: 42 bits of milliseconds since 2015, then a counter. They grow, even if the clock is set back. */
export class Snowflakes {
  #count = 0
  #lastMillis = 0

  next(nowMillis = Date.now()): string {
    const count = this.#count++ % (1 << 22)
    this.#lastMillis = Math.max(this.#lastMillis, nowMillis)
    return String((BigInt(Math.trunc(this.#lastMillis - discordEpochMillis)) << 22n) | BigInt(count))
  }
}
