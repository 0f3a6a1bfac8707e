/** What grows with the number of threads, of actors and of messages in flight, and with the size of a message? */
import { type Contestant, start } from "./contestant.ts"
import { cpus, runner, speeds } from "./measure.ts"
import { type Answer, type Cell, type Table, where } from "./report.ts"
import { inRounds, median, ratios, rounds } from "./statistics.ts"

const few = Math.min(rounds, 3)
const warmMillis = 1500
const roundMillis = 400
const sizes = [16, 256, 4096, 2 ** 16, 2 ** 20, 2 ** 24]

/** One process with so many threads and actors. */
const many = async (threads: number, actors: number): Promise<ReadonlyArray<Cell>> => {
  const contestant = await start(new URL("./many/contestant.ts", import.meta.url), {
    env: { BENCH_THREADS: String(threads), BENCH_ACTORS: String(actors) }
  })
  const ready = median(await contestant.measure("ready"))
  const [bytes = Number.NaN] = await contestant.measure("memory")
  const { turn, warm } = runner(contestant, "asks", 1000)
  // So many actors take longer until each of them has been asked often.
  await warm(actors > 1000 ? 3 * warmMillis : warmMillis)
  const rates = []
  for (let round = 0; round < few; round++) rates.push(await turn(roundMillis))
  await contestant.close()
  return [ready, bytes / 2 ** 20, median(speeds(rates)) / 1000, median(cpus(rates))]
}

const columns = ["ready, ms a thread", "MB a thread", "asks of main, k/s", "CPU, µs"]
const notes = `Main asks them in turn, 1000 in flight altogether, after ${warmMillis / 1000} s of asks. `

const threads = async (): Promise<Table> => {
  const rows: Array<ReadonlyArray<Cell>> = []
  for (const count of [1, 4, 16]) rows.push([String(count), ...await many(count, 1)])
  return {
    title: "Threads",
    notes:
      `One small actor each, started one after the other. ${notes}The memory of a single thread includes what main ` +
      "loads for any.",
    columns: ["threads", ...columns],
    rows
  }
}

const actors = async (): Promise<Table> => {
  const rows: Array<ReadonlyArray<Cell>> = []
  for (const count of [1, 100, 1000, 10_000]) rows.push([count.toLocaleString("en-US"), ...await many(1, count)])
  return {
    title: "Actors on a thread",
    notes: `${notes}Three times as long for 10,000: a link caches 4096 headers and starts over when its cache is full.`,
    columns: ["actors", ...columns],
    rows
  }
}

const messageSizes = async (heddle: Contestant): Promise<Table> => {
  const raw = await start(new URL("./link/contestants/rawBytes.ts", import.meta.url), { inThread: true })
  const rows: Array<ReadonlyArray<Cell>> = []
  const onOne = [raw, heddle].map((contestant) => contestant.onOneProcessor(true)).every(Boolean)
  for (const contestant of [raw, heddle]) await contestant.measure("texts", 100_000, 16)
  for (const size of sizes) {
    const count = Math.max(3, Math.min(1000, Math.round(2 ** 25 / size)))
    const turn = (contestant: Contestant) => async () => median(await contestant.measure("texts", count, size))
    const results = await inRounds(2 * rounds, new Map([["raw", turn(raw)], ["heddle", turn(heddle)]]))
    const [rawMicros, heddleMicros] = [results.get("raw") ?? [], results.get("heddle") ?? []]
    rows.push([
      size.toLocaleString("en-US"),
      median(rawMicros),
      median(heddleMicros),
      ratios(heddleMicros, rawMicros).value
    ])
  }
  heddle.onOneProcessor(false)
  await raw.close()
  return {
    title: "Size of a message",
    notes:
      `A text of so many characters there and back, thread to thread, ${where(onOne)}, one after the other, p50 in ` +
      "µs, after 100,000 short ones.",
    columns: ["characters", "raw", "heddle", { name: "heddle takes", unit: "×" }],
    rows
  }
}

const inFlight = async (heddle: Contestant): Promise<Table> => {
  const raw = await start(new URL("./link/contestants/rawAsk.ts", import.meta.url), { inThread: true })
  const rows: Array<ReadonlyArray<Cell>> = []
  for (const window of [1, 10, 100, 1000, 10_000]) {
    const runners = new Map([raw, heddle].map((contestant, index) => [
      index === 0 ? "raw" : "heddle",
      runner(contestant, "asks", window)
    ]))
    for (const { warm } of runners.values()) await warm(warmMillis)
    const results = await inRounds(
      rounds,
      new Map(Array.from(runners, ([name, { turn }]) => [name, () => turn(roundMillis)]))
    )
    const of = (name: string) => results.get(name) ?? []
    rows.push([
      window.toLocaleString("en-US"),
      median(speeds(of("raw"))) / 1000,
      median(speeds(of("heddle"))) / 1000,
      ratios(speeds(of("heddle")), speeds(of("raw"))).value,
      median(cpus(of("raw"))),
      median(cpus(of("heddle"))),
      ratios(cpus(of("heddle")), cpus(of("raw"))).value
    ])
  }
  await raw.close()
  return {
    title: "Asks in flight",
    notes:
      `Thread to thread, raw with promises and envelopes, ${warmMillis / 1000} s of warm-up with each number. The ` +
      "actor's mailbox holds 1000; further asks wait at the sender.",
    columns: [
      "in flight",
      "raw, k/s",
      "heddle, k/s",
      { name: "heddle is", unit: "×" },
      "raw CPU, µs",
      "heddle CPU, µs",
      { name: "heddle's is", unit: "×" }
    ],
    rows
  }
}

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url))
  const tables = [await inFlight(heddle), await messageSizes(heddle)]
  await heddle.close()
  return { measured: {}, tables: [...tables, await threads(), await actors()] }
}
