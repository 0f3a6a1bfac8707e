/** What grows with the number of threads, of actors and of messages in flight, and with the size of a message? */
import { type Contestant, start } from "./contestant.ts"
import { type Answer, show, type Table, times, where } from "./report.ts"
import { inRounds, median, ratio, rounds } from "./statistics.ts"

const few = Math.min(rounds, 2)
const asks = 20_000
const sizes = [16, 256, 4096, 2 ** 16, 2 ** 20, 2 ** 24]

const perSecond = async (contestant: Contestant, name: string, count: number, window: number) => {
  const [millis = Number.NaN] = await contestant.measure(name, count, window)
  return count / millis * 1000
}

/** One process with so many threads and actors. */
const many = async (threads: number, actors: number): Promise<ReadonlyArray<string>> => {
  const contestant = await start(new URL("./many/contestant.ts", import.meta.url), {
    env: { BENCH_THREADS: String(threads), BENCH_ACTORS: String(actors) }
  })
  const ready = median(await contestant.measure("ready"))
  const [bytes = Number.NaN] = await contestant.measure("memory")
  const rates: Array<number> = []
  for (let round = 0; round <= few; round++) rates.push(await perSecond(contestant, "asks", asks, 1000))
  await contestant.close()
  return [show(ready), show(bytes / 2 ** 20), show(median(rates.slice(1)) / 1000)]
}

const columns = ["ready, ms a thread", "MB a thread", "asks of main, k/s"]

const threads = async (): Promise<Table> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const count of [1, 2, 4, 8, 16]) rows.push([String(count), ...await many(count, 1)])
  return {
    title: "Threads",
    notes: "One small actor each, started one after the other. Main asks them in turn, 1000 in flight altogether.",
    columns: ["threads", ...columns],
    rows
  }
}

const actors = async (): Promise<Table> => {
  const rows: Array<ReadonlyArray<string>> = []
  for (const count of [1, 100, 1000, 10_000]) rows.push([count.toLocaleString("en-US"), ...await many(1, count)])
  return {
    title: "Actors on a thread",
    notes: "Main asks them in turn, 1000 in flight altogether.",
    columns: ["actors", ...columns],
    rows
  }
}

const messageSizes = async (heddle: Contestant): Promise<Table> => {
  const raw = await start(new URL("./link/contestants/rawBytes.ts", import.meta.url), { inThread: true })
  const rows: Array<ReadonlyArray<string>> = []
  const onOne = [raw, heddle].map((contestant) => contestant.onOneProcessor(true)).every(Boolean)
  for (const size of sizes) {
    const count = Math.max(3, Math.min(500, Math.round(2 ** 25 / size)))
    const turn = (contestant: Contestant) => async () => median(await contestant.measure("texts", count, size))
    const results = await inRounds(rounds, new Map([["raw", turn(raw)], ["heddle", turn(heddle)]]))
    const [rawMicros, heddleMicros] = [results.get("raw") ?? [], results.get("heddle") ?? []]
    rows.push([
      size.toLocaleString("en-US"),
      show(median(rawMicros)),
      show(median(heddleMicros)),
      times(ratio(heddleMicros, rawMicros))
    ])
  }
  heddle.onOneProcessor(false)
  await raw.close()
  return {
    title: "Size of a message",
    notes: `A text of so many characters there and back, thread to thread, ${
      where(onOne)
    }, one after the other, p50 in µs.`,
    columns: ["bytes", "raw", "heddle", "heddle takes"],
    rows
  }
}

const inFlight = async (heddle: Contestant): Promise<Table> => {
  const raw = await start(new URL("./link/contestants/rawAsk.ts", import.meta.url), { inThread: true })
  const rows: Array<ReadonlyArray<string>> = []
  for (const window of [1, 10, 100, 1000, 10_000]) {
    const count = window === 1 ? asks / 10 : asks
    const turn = (contestant: Contestant) => () => perSecond(contestant, "asks", count, window)
    const results = await inRounds(few, new Map([["raw", turn(raw)], ["heddle", turn(heddle)]]))
    const [rawRates, heddleRates] = [results.get("raw") ?? [], results.get("heddle") ?? []]
    rows.push([
      window.toLocaleString("en-US"),
      show(median(rawRates) / 1000),
      show(median(heddleRates) / 1000),
      times(ratio(heddleRates, rawRates))
    ])
  }
  await raw.close()
  return {
    title: "Asks in flight",
    notes:
      "Thread to thread, k/s; raw with promises. The actor's mailbox holds 1000; what is beyond waits at the sender.",
    columns: ["in flight", "raw", "heddle", "heddle is"],
    rows
  }
}

export default async (): Promise<Answer> => {
  const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url))
  const tables = [await messageSizes(heddle), await inFlight(heddle)]
  await heddle.close()
  return { targets: [], tables: [await threads(), await actors(), ...tables] }
}
