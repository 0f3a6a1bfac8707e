/** What do threads cost when nothing happens? */
import { start } from "./contestant.ts"
import type { Answer } from "./report.ts"
import { spread } from "./statistics.ts"

const threads = 20
/** Some windows, because V8 collects garbage in an idle thread as well, and one such collection is much of a window. */
const windows = 9
const millis = 5000
/**
 * What is left of the start is not idleness: V8 looks for garbage twice in each thread, 30 seconds after it first collected all of it,
 * 20 to 25 ms each time.
 */
const startMillis = 60_000

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./many/contestant.ts", import.meta.url), {
    env: { BENCH_THREADS: String(threads), BENCH_ACTORS: "1" }
  })
  await heddle.measure("idle", startMillis)
  const used: Array<number> = []
  for (let window = 0; window < windows; window++) used.push((await heddle.measure("idle", millis))[0] ?? Number.NaN)
  await heddle.close()
  const idle = spread(used.map((part) => part * 100))
  return {
    measured: { idle },
    tables: [{
      title: "Idle threads",
      columns: ["threads", "% of a core", "a quarter of the windows less", "a quarter more"],
      rows: [[String(threads), idle.value, idle.low, idle.high]]
    }]
  }
}
