/** Rates and the processor time behind them. */
import type { Contestant } from "./contestant.ts"

/** Messages a second, and the processor time of one, of all threads of the process together, in microseconds. */
export interface Rate {
  readonly perSecond: number
  readonly cpu: number
}

/** One measurement of one contestant, repeated. */
export interface Runner {
  /** Runs until the code is as warm as V8 makes it: that takes seconds, not messages. */
  readonly warm: (millis: number) => Promise<void>
  /** Runs for about that time, by the speed of the last run. */
  readonly turn: (millis: number) => Promise<Rate>
}

const firstCount = 2000
const sliceMillis = 500

/** Runs the measurement `name`, which takes a number of messages and then `args`, and returns the milliseconds for all. */
export const runner = (contestant: Contestant, name: string, ...args: ReadonlyArray<number>): Runner => {
  let perSecond = Number.NaN
  const run = async (count: number): Promise<Rate> => {
    const before = await contestant.usage()
    const [millis = Number.NaN] = await contestant.measure(name, count, ...args)
    const after = await contestant.usage()
    perSecond = count / millis * 1000
    return { perSecond, cpu: (after.cpuMicros - before.cpuMicros) / count }
  }
  const turn = (millis: number) =>
    run(Number.isNaN(perSecond) ? firstCount : Math.max(1, Math.round(perSecond * millis / 1000)))
  return {
    turn,
    async warm(millis) {
      const until = performance.now() + millis
      while (performance.now() < until) await turn(Math.min(millis, sliceMillis))
    }
  }
}

export const speeds = (rates: ReadonlyArray<Rate>): ReadonlyArray<number> => rates.map(({ perSecond }) => perSecond)
export const cpus = (rates: ReadonlyArray<Rate>): ReadonlyArray<number> => rates.map(({ cpu }) => cpu)
