/** Does the main thread notice when two threads exchange messages? */
import { start } from "./contestant.ts"
import { type Answer, show } from "./report.ts"
import { inRounds, median, rounds } from "./statistics.ts"

const count = 100_000

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./main/contestant.ts", import.meta.url))
  const results = await inRounds(
    rounds,
    new Map([
      ["idle", () => heddle.measure("idle", 1000)],
      ["two threads at full rate", () => heddle.measure("busy", count)]
    ])
  )
  await heddle.close()
  const of = (name: string, position: number) =>
    median((results.get(name) ?? []).map((values) => values[position] ?? Number.NaN))
  const p99 = of("two threads at full rate", 1)
  return {
    targets: [{
      id: "P10",
      what: "delay of main's event loop while two threads exchange messages",
      target: "p99 ≤ 5 ms",
      measured: `${show(p99)} ms (idle ${show(of("idle", 1))} ms); main is busy for ${
        show(of("two threads at full rate", 3))
      } % of the time`,
      met: p99 <= 5,
      how: `\`monitorEventLoopDelay\` with a resolution of 1 ms, which is taken off; ${
        count.toLocaleString("en-US")
      } asks a round with 1000 in flight`
    }],
    tables: [{
      title: "Delay of main's event loop",
      columns: ["", "p50, ms", "p99, ms", "max, ms", "main's loop busy, %"],
      rows: Array.from(results.keys(), (name) => [name, ...[0, 1, 2, 3].map((position) => show(of(name, position)))])
    }]
  }
}
