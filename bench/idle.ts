/** What do threads cost when nothing happens? */
import { start } from "./contestant.ts"
import { type Answer, show } from "./report.ts"

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
  const percent = used * 100
  return {
    targets: [{
      id: "P9",
      what: `${threads} idle threads, watchdog on`,
      target: "< 0.5 % of a core",
      measured: `${show(percent)} %`,
      met: percent < 0.5,
      how: `\`process.cpuUsage\` of the whole process over ${millis / 1000} s, one actor a thread, all defaults`
    }],
    tables: []
  }
}
