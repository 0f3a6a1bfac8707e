/** How long until a thread is ready, how much memory does it take, and how soon is it back after a crash? */
import { type Contestant, start } from "./contestant.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds, type Spread, spread } from "./statistics.ts"

/** The first one is not counted: with it main loads what it needs for any. */
const threads = 5
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

const bare = "bare thread, same modules"
const heddle = "heddle thread, one small actor"
const cold = "heddle, crash to first answer"
const spared = "heddle, crash to first answer, standby thread"

const difference = (over: ReadonlyArray<number>, under: ReadonlyArray<number>): Spread =>
  spread(over.map((value, round) => value - (under[round] ?? Number.NaN)))

/** The worker's first module: what a bare thread has to import. */
const entryOf = async (): Promise<string> => {
  const contestant = await start(new URL("./start/entry.ts", import.meta.url))
  const codes = await contestant.measure("entry")
  await contestant.close()
  return String.fromCodePoint(...codes)
}

export default async (): Promise<Answer> => {
  const entry = await entryOf()
  const crashing = (env: NodeJS.ProcessEnv) => start(new URL("./start/crash.ts", import.meta.url), { env })
  const [ready, backedOff, standby] = [
    await crashing({}),
    await crashing({ BENCH_BACKOFF: "100" }),
    await crashing({ BENCH_STANDBY: "1" })
  ]
  const results = await inRounds(
    Math.min(rounds, 4),
    new Map([
      ["empty thread", once("./start/bare.ts", {})],
      [bare, once("./start/bare.ts", { BENCH_ENTRY: entry })],
      [heddle, once("./many/contestant.ts", {})],
      [cold, crash(ready)],
      ["heddle, crash to first answer, back-off of 100 ms", crash(backedOff)],
      [spared, crash(standby)]
    ])
  )
  for (const contestant of [ready, backedOff, standby]) await contestant.close()
  const of = (name: string, what: keyof Round) => (results.get(name) ?? []).map((round) => round[what])
  const megabytes = (name: string) => of(name, "bytes").map((bytes) => bytes / 2 ** 20)
  return {
    measured: {
      "ready / bare": ratios(of(heddle, "millis"), of(bare, "millis")),
      "ready memory": difference(megabytes(heddle), megabytes(bare)),
      "crash - ready": difference(of(cold, "millis"), of(heddle, "millis")),
      "crash, standby": spread(of(spared, "millis"))
    },
    tables: [{
      title: "A thread's start",
      notes: "Medians. Memory is the growth of the process's RSS for each thread after the first.",
      columns: ["", "ms", "MB"],
      rows: Array.from(results.keys(), (name) => [name, median(of(name, "millis")), median(megabytes(name))])
    }]
  }
}
