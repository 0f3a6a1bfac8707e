/** What does an ask cost when one asker asks several threads? */
import { start } from "./contestant.ts"
import { cpus, type Rate, runner, speeds } from "./measure.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds, type Spread } from "./statistics.ts"

const counts = [1, 2, 4, 8]
const window = 1000
const warmMillis = 1500
const roundMillis = 400

const names = ["actor", "main", "raw"] as const
type Name = (typeof names)[number]

/** The worse of the spreads. */
const worst = (spreads: ReadonlyArray<Spread>): Spread =>
  spreads.reduce((worse, other) => other.value > worse.value ? other : worse)

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./fanout/heddle.ts", import.meta.url))
  const raw = await start(new URL("./fanout/raw.ts", import.meta.url), { inThread: true })
  const runners = new Map(names.flatMap((name) =>
    counts.map((count) => [
      `${name} ${count}`,
      name === "raw" ? runner(raw, "asks", window, count) : runner(heddle, name, window, count)
    ])
  ))
  for (const { warm } of runners.values()) await warm(warmMillis)
  const results = await inRounds(
    rounds,
    new Map(Array.from(runners, ([name, { turn }]) => [name, () => turn(roundMillis)]))
  )
  await Promise.all([heddle.close(), raw.close()])
  const of = (name: Name, count: number): ReadonlyArray<Rate> => results.get(`${name} ${count}`) ?? []
  const dearer = (name: Name) => worst(counts.slice(1).map((count) => ratios(cpus(of(name, count)), cpus(of(name, 1)))))
  return {
    measured: { "fan-out CPU, main": dearer("main"), "fan-out CPU, actor": dearer("actor") },
    tables: [{
      title: "One asker, several threads",
      notes:
        `The small message, to one actor each on 1, 2, 4 or 8 threads in turn, ${window} in flight altogether; raw is ` +
        `with promises and envelopes. After ${
          warmMillis / 1000
        } s of each; medians of ${rounds} rounds of ${roundMillis} ` +
        "ms. With more threads than processors the rate is the processors'.",
      columns: [
        "threads",
        "actor asks, k/s",
        "actor asks, CPU, µs",
        "main asks, k/s",
        "main asks, CPU, µs",
        "raw, k/s",
        "raw, CPU, µs",
        { name: "an actor's CPU, compared with raw's", unit: "×" }
      ],
      rows: counts.map((count) => [
        String(count),
        ...names.flatMap((name) => [median(speeds(of(name, count))) / 1000, median(cpus(of(name, count)))]),
        ratios(cpus(of("actor", count)), cpus(of("raw", count))).value
      ])
    }]
  }
}
