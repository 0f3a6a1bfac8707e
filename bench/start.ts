/** How long until a thread is ready, how much memory does it take, and how soon is it back after a crash? */
import { type Contestant, start } from "./contestant.ts"
import { type Answer, show, times } from "./report.ts"
import { inRounds, median, ratio, rounds } from "./statistics.ts"

const threads = 4
const crashes = 3

interface Round {
  readonly millis: number
  readonly bytes: number
}

/** A process for each round, as a process starts its threads but once. */
const once = (module: string, env: NodeJS.ProcessEnv) => async (): Promise<Round> => {
  const contestant = await start(new URL(module, import.meta.url), {
    env: { ...env, BENCH_THREADS: String(threads), BENCH_ACTORS: "1" }
  })
  const [bytes = Number.NaN] = await contestant.measure("memory")
  const [, ...later] = await contestant.measure("ready")
  await contestant.close()
  return { millis: median(later), bytes }
}

const crash = (contestant: Contestant) => async (): Promise<Round> => ({
  millis: median(await contestant.measure("crash", crashes)),
  bytes: Number.NaN
})

export default async (): Promise<Answer> => {
  const crashing = (env: NodeJS.ProcessEnv) => start(new URL("./start/crash.ts", import.meta.url), { env })
  const [cold, backedOff, spared] = [
    await crashing({}),
    await crashing({ BENCH_BACKOFF: "100" }),
    await crashing({ BENCH_STANDBY: "1" })
  ]
  const results = await inRounds(
    Math.min(rounds, 4),
    new Map([
      ["empty thread", once("./start/bare.ts", { BENCH_EMPTY: "1" })],
      ["bare thread, same modules", once("./start/bare.ts", {})],
      ["heddle thread, one small actor", once("./many/contestant.ts", {})],
      ["heddle, from crash to first answer", crash(cold)],
      ["heddle, from crash to first answer, with a back-off of 100 ms", crash(backedOff)],
      ["heddle, from crash to first answer, with a standby thread", crash(spared)]
    ])
  )
  for (const contestant of [cold, backedOff, spared]) await contestant.close()
  const of = (name: string, what: keyof Round) => (results.get(name) ?? []).map((round) => round[what])
  const [bare, heddle] = ["bare thread, same modules", "heddle thread, one small actor"]
  const slower = ratio(of(heddle, "millis"), of(bare, "millis"))
  const megabytes = (median(of(heddle, "bytes")) - median(of(bare, "bytes"))) / 2 ** 20
  const ready = median(of(heddle, "millis"))
  const back = median(of("heddle, from crash to first answer", "millis"))
  const takenOver = median(of("heddle, from crash to first answer, with a standby thread", "millis"))
  return {
    targets: [
      {
        id: "P7",
        what: "thread ready, with one small actor",
        target: "time ≤ 1.5 ×, memory ≤ +12 MB over a bare thread that imports the same",
        measured: `${times(slower)} (${show(ready)} ms), ${megabytes < 0 ? "" : "+"}${megabytes.toFixed(1)} MB`,
        met: slower <= 1.5 && megabytes <= 12,
        how:
          `${threads} threads one after the other in a new process; growth of RSS by thread; all modules from their ` +
          "sources, unbundled, on both sides"
      },
      {
        id: "P8",
        what: "crash to first answer of the next incarnation",
        target: "cold: ≤ P7 + 10 ms; with a standby thread: ≤ 15 ms",
        measured: `${show(back)} ms, P7 ${back < ready ? "−" : "+"} ${Math.abs(back - ready).toFixed(1)} ms; ` +
          `with a standby thread ${show(takenOver)} ms`,
        met: back <= ready + 10 && takenOver <= 15,
        how:
          "from the ask whose handler calls `process.exit`, asked from main, to the answer of the next ask; back-off 0; " +
          "the standby thread is loaded and at rest"
      }
    ],
    tables: [{
      title: "A thread's start",
      notes: `Medians. Memory is the growth of the process's RSS, divided by ${threads} threads.`,
      columns: ["", "ms", "MB"],
      rows: Array.from(
        results.keys(),
        (name) => [name, show(median(of(name, "millis"))), show(median(of(name, "bytes")) / 2 ** 20)]
      )
    }]
  }
}
