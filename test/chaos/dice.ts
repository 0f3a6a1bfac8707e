/** Chance that can be replayed: the same seed throws the same numbers. Source: mulberry32, by Tommy Ettinger. */
export type Dice = ReturnType<typeof make>

export const make = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  /** A whole number from `from` to `to`, both included. */
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    between,
    /** True so many times out of a hundred. */
    percent: (chance: number): boolean => next() * 100 < chance,
    /** One of several, each as likely as its weight. */
    weighted<A>(options: ReadonlyArray<readonly [weight: number, option: A]>, otherwise: A): A {
      let left = next() * options.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, option] of options) {
        left -= weight
        if (left < 0) return option
      }
      return otherwise
    },
    times: <A>(count: number, f: (index: number) => A): Array<A> =>
      Array.from({ length: count }, (_, index) => f(index))
  }
}

/** A seed for one round of a run, so that the round can be played alone. */
export const ofRound = (seed: number, round: number): Dice =>
  make(Math.imul(seed, 0x9e3779b1) ^ Math.imul(round, 0x85ebca6b))
