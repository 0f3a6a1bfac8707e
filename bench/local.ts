/** What does an ask within one thread cost, beside forking and joining the same handler? */
import { start } from "./contestant.ts"
import { type Answer, show, times } from "./report.ts"
import { inRounds, median, ratio, rounds } from "./statistics.ts"

const count = 50_000

export default async (): Promise<Answer> => {
  const contestant = await start(new URL("./local/contestant.ts", import.meta.url))
  const turn = (name: string) => async () => {
    const [millis = Number.NaN] = await contestant.measure(name, count)
    return count / millis
  }
  const names = ["fork and join", "ask", "fork and join, 1000 at a time", "ask, 1000 in flight"] as const
  const results = await inRounds(rounds, new Map(names.map((name) => [name, turn(name)])))
  await contestant.close()
  const of = (name: typeof names[number]) => results.get(name) ?? []
  const sequential = ratio(of("ask"), of("fork and join"))
  const windowed = ratio(of("ask, 1000 in flight"), of("fork and join, 1000 at a time"))
  return {
    targets: [{
      id: "P6",
      what: "ask within one thread",
      target: "≥ 0.5 × fork and join of the same handler",
      measured: times(sequential),
      met: sequential >= 0.5,
      how:
        `actor to actor on one thread, one after the other, ${count.toLocaleString("en-US")} a round; with 1000 at a ` +
        `time ${times(windowed)}`
    }],
    tables: [{
      title: "Within one thread",
      columns: ["", "k/s"],
      rows: names.map((name) => [name, show(median(of(name)))])
    }]
  }
}
