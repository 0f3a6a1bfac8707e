/** What do threads cost when nothing happens? */
import { start } from "./contestant.ts"
import type { Answer } from "./report.ts"
import { single } from "./statistics.ts"

const threads = 20
const millis = 10_000

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./many/contestant.ts", import.meta.url), {
    env: { BENCH_THREADS: String(threads), BENCH_ACTORS: "1" }
  })
  // What is left of the start is not idleness.
  await heddle.measure("idle", 2000)
  const [used = Number.NaN] = await heddle.measure("idle", millis)
  await heddle.close()
  return {
    measured: { idle: single(used * 100) },
    tables: [{ title: "Idle threads", columns: ["threads", "% of a core"], rows: [[String(threads), used * 100]] }]
  }
}
