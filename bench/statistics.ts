/** Medians, ratios, and rounds in which each contestant takes a turn. */

/** The value below which the part `q` (0 to 1) of the values lies. */
export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** For values of two kinds, one or the other by luck: a median would be luck as well. */
export const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** A value that was measured several times: its median and its quartiles. */
export interface Spread {
  readonly value: number
  readonly low: number
  readonly high: number
}

export const spread = (values: ReadonlyArray<number>): Spread => ({
  value: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75)
})

/** A value that was measured once. */
export const single = (value: number): Spread => ({ value, low: value, high: value })

/** The rounds' own ratios: what disturbs a round disturbs both sides of its ratio. */
export const ratios = (over: ReadonlyArray<number>, under: ReadonlyArray<number>): Spread =>
  spread(over.map((value, round) => value / (under[round] ?? Number.NaN)))

/**
 * Lets each contestant take a turn in each round, so that a busy minute of the machine is a minute of all. The first round warms up
 * and is discarded.
 */
export const inRounds = async <A>(
  rounds: number,
  turns: ReadonlyMap<string, () => Promise<A>>
): Promise<ReadonlyMap<string, ReadonlyArray<A>>> => {
  const results = new Map<string, Array<A>>(Array.from(turns.keys(), (name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, turn] of turns) {
      const result = await turn()
      if (round > 0) results.get(name)?.push(result)
    }
  }
  return results
}

/** How often each comparison is repeated after its warm-up. */
export const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5)
