/** Does the main thread notice when two threads exchange messages? */
import { start } from "./contestant.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, rounds, spread } from "./statistics.ts"

const warmCount = 1_000_000
const count = 400_000
const busy = "two threads at full rate"

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./main/contestant.ts", import.meta.url))
  await heddle.measure("busy", warmCount)
  const results = await inRounds(
    rounds,
    new Map([["idle", () => heddle.measure("idle", 1000)], [busy, () => heddle.measure("busy", count)]])
  )
  await heddle.close()
  const of = (name: string, position: number) =>
    (results.get(name) ?? []).map((values) => values[position] ?? Number.NaN)
  return {
    measured: { "main delay": spread(of(busy, 1)) },
    tables: [{
      title: "Delay of main's event loop",
      notes: `Medians of ${rounds} rounds, each of ${count.toLocaleString("en-US")} asks with 1000 in flight.`,
      columns: ["", "p50, ms", "p99, ms", "max, ms", "main's loop busy, %"],
      rows: Array.from(results.keys(), (name) => [name, ...[0, 1, 2, 3].map((position) => median(of(name, position)))])
    }]
  }
}
