/** What does an ask within one thread cost, compared with forking and joining the same handler? */
import { start } from "./contestant.ts"
import { cpus, runner, speeds } from "./measure.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds } from "./statistics.ts"

const warmMillis = 1500
const roundMillis = 300
const names = ["fork and join", "ask", "fork and join, 1000 at a time", "ask, 1000 in flight"] as const
type Name = (typeof names)[number]

export default async (): Promise<Answer> => {
  const contestant = await start(new URL("./local/contestant.ts", import.meta.url))
  const runners = new Map(names.map((name) => [name, runner(contestant, name)]))
  for (const { warm } of runners.values()) await warm(warmMillis)
  const results = await inRounds(
    rounds,
    new Map(Array.from(runners, ([name, { turn }]) => [name, () => turn(roundMillis)]))
  )
  await contestant.close()
  const of = (name: Name) => results.get(name) ?? []
  return {
    measured: { "local ask / fork": ratios(speeds(of("ask")), speeds(of("fork and join"))) },
    tables: [{
      title: "Within one thread",
      notes: `Actor to actor on one thread, after ${warmMillis / 1000} s of each; medians of ${rounds} rounds of ` +
        `${roundMillis} ms. Nothing is encoded and nothing is posted.`,
      columns: ["", "k/s", "CPU, µs"],
      rows: names.map((name) => [name, median(speeds(of(name))) / 1000, median(cpus(of(name)))])
    }]
  }
}
