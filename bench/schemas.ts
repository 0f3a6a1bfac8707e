/** What does a field of each kind of schema cost? */
import { start } from "./contestant.ts"
import { cpus, runner } from "./measure.ts"
import type { Answer } from "./report.ts"
import { kinds } from "./shapes/kinds.ts"
import { inRounds, median, rounds } from "./statistics.ts"

const names = Object.keys(kinds)
const base = "boolean"
const window = 1000
const warmMillis = 800
const roundMillis = 300

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./shapes/heddle.ts", import.meta.url), {
    env: { BENCH_CARRIED: names.map((name) => `field-${name}`).join(",") }
  })
  const runners = names.map((name, carrier) => [name, runner(heddle, "asks", window, carrier)] as const)
  for (const [, { warm }] of runners) await warm(warmMillis)
  const results = await inRounds(rounds, new Map(runners.map(([name, { turn }]) => [name, () => turn(roundMillis)])))
  await heddle.close()
  const of = (name: string) => cpus(results.get(name) ?? [])
  const added = (name: string) => median(of(name).map((cpu, round) => cpu - (of(base)[round] ?? Number.NaN)))
  return {
    measured: {},
    tables: [{
      title: "What a field costs",
      notes:
        "CPU of an ask whose message and answer are a struct of one such field, in µs, and what is more than with a " +
        "`Boolean`: the field is encoded, written, read, decoded and checked twice each. One process carries all kinds; " +
        `${window} in flight, medians of ${rounds} rounds of ${roundMillis} ms, after ${warmMillis} ms of each kind.`,
      columns: ["", "ask CPU, µs", "added, µs"],
      rows: Object.entries(kinds).map(([name, { title }]) => [title, median(of(name)), added(name)])
    }]
  }
}
