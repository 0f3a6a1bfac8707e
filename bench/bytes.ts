/** What does a large buffer cost, copied or transferred, compared with raw `postMessage`? */
import { type Contestant, start } from "./contestant.ts"
import { type Answer, where } from "./report.ts"
import { inRounds, mean, median, quantile, rounds, type Spread } from "./statistics.ts"

const size = 2 ** 20
/** So many that warm code and awake processors are the rule. */
const counts = { move: 500, copy: 50 } as const
type How = keyof typeof counts
/** Services live long: both run as warm as V8 makes them. */
const warming = 40_000
/**
 * Whether the allocator has pages at hand or must ask the kernel for them is luck that a process keeps, and changes a copy by a
 * factor of two: hence new processes in each round, and several turns in each.
 */
const turns = 6

interface Turn {
  readonly micros: number
  readonly cpu: number
  readonly pageFaults: number
}

const names = ["raw, transferred", "heddle, transferred", "raw, copied", "heddle, copied"] as const
type Name = (typeof names)[number]

const turn = (contestant: Contestant, how: How) => async (): Promise<Turn> => {
  const before = await contestant.usage()
  const micros = median(await contestant.measure(how, counts[how], size))
  const after = await contestant.usage()
  return {
    micros,
    cpu: (after.cpuMicros - before.cpuMicros) / counts[how],
    pageFaults: (after.pageFaults - before.pageFaults) / counts[how]
  }
}

/** One process each. */
const oneRound = async () => {
  const raw = await start(new URL("./link/contestants/rawBytes.ts", import.meta.url), { inThread: true })
  const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url))
  let onOne = true
  for (const contestant of [raw, heddle]) {
    onOne = contestant.onOneProcessor(true) && onOne
    for (const how of ["move", "copy"]) await contestant.measure(how, warming, 16)
  }
  const results = await inRounds(
    turns,
    new Map<Name, () => Promise<Turn>>([
      ["raw, transferred", turn(raw, "move")],
      ["heddle, transferred", turn(heddle, "move")],
      ["raw, copied", turn(raw, "copy")],
      ["heddle, copied", turn(heddle, "copy")]
    ])
  )
  await Promise.all([raw.close(), heddle.close()])
  return { onOne, results }
}

export default async (): Promise<Answer> => {
  const all: Array<Awaited<ReturnType<typeof oneRound>>> = []
  for (let round = 0; round < rounds; round++) all.push(await oneRound())
  const of = (name: Name, what: keyof Turn, from = all) =>
    from.flatMap(({ results }) => (results.get(name) ?? []).map((turn) => turn[what]))
  /** By the means of all turns; the quartiles are those of the processes. */
  const rate = (how: "transferred" | "copied"): Spread => {
    const ratio = (from: typeof all) =>
      mean(of(`raw, ${how}`, "micros", from)) / mean(of(`heddle, ${how}`, "micros", from))
    const each = all.map((round) => ratio([round]))
    return { value: ratio(all), low: quantile(each, 0.25), high: quantile(each, 0.75) }
  }
  return {
    measured: { "bytes transferred / raw": rate("transferred"), "bytes copied / raw": rate("copied") },
    tables: [{
      title: "1 MiB there and back",
      notes: `Thread to thread, ${
        where(all.every(({ onOne }) => onOne))
      }, one after the other, ${rounds * turns} turns of ` +
        `${counts.move} transfers and ${counts.copy} copies in ${rounds} processes: the mean of the turns' medians, the ` +
        "quickest and the slowest turn, and CPU and page faults of the whole process for each message. A MiB that the " +
        "allocator has to get from the kernel is 256 page faults.",
      columns: ["", "µs", "quickest", "slowest", "CPU, µs", "page faults", "GB/s"],
      rows: names.map((name) => [
        name,
        mean(of(name, "micros")),
        Math.min(...of(name, "micros")),
        Math.max(...of(name, "micros")),
        mean(of(name, "cpu")),
        mean(of(name, "pageFaults")),
        2 * size / mean(of(name, "micros")) / 1000
      ])
    }]
  }
}
