/** What do messages of several shapes cost, each compared with what one would post raw? */
import { type Contestant, start } from "./contestant.ts"
import { cpus, type Rate, type Runner, runner, speeds } from "./measure.ts"
import type { Answer, Table } from "./report.ts"
import { shapes } from "./shapes/shapes.ts"
import { inRounds, median, ratios, rounds } from "./statistics.ts"

const names = Object.keys(shapes)
const window = 1000
const warmMillis = 1200
const roundMillis = 300

interface Round {
  readonly asks: Rate
  readonly tells: Rate
}

interface Pair {
  readonly asks: Runner
  readonly tells: Runner
}

const pairOf = (contestant: Contestant, carrier: number): Pair => ({
  asks: runner(contestant, "asks", window, carrier),
  tells: runner(contestant, "tells", window, carrier)
})

/** The contestants of one shape: raw, heddle in a process that carries nothing else, and heddle in one that carries all. */
const measureShape = async (name: string, mixed: Pair): Promise<ReadonlyMap<string, ReadonlyArray<Round>>> => {
  const env = { BENCH_CARRIED: name }
  const raw = await start(new URL("./shapes/raw.ts", import.meta.url), { inThread: true, env })
  const heddle = await start(new URL("./shapes/heddle.ts", import.meta.url), { env })
  const alone = new Map([["raw", pairOf(raw, 0)], ["heddle", pairOf(heddle, 0)]])
  for (const { asks, tells } of alone.values()) {
    await asks.warm(warmMillis)
    await tells.warm(warmMillis)
  }
  const pairs = new Map([...alone, ["mixed", mixed]])
  const results = await inRounds(
    rounds,
    new Map(Array.from(pairs, ([who, { asks, tells }]) => [who, async (): Promise<Round> => ({
      asks: await asks.turn(roundMillis),
      tells: await tells.turn(roundMillis)
    })]))
  )
  await Promise.all([raw.close(), heddle.close()])
  return results
}

type Measured = ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Round>>>

const ratesOf = (measured: Measured, name: string, who: "raw" | "heddle" | "mixed", what: keyof Round) =>
  (measured.get(name)?.get(who) ?? []).map((round) => round[what])

const row = (measured: Measured, name: string, title: string, what: keyof Round) => {
  const of = (who: "raw" | "heddle" | "mixed") => ratesOf(measured, name, who, what)
  return [
    title,
    median(speeds(of("raw"))) / 1000,
    median(speeds(of("heddle"))) / 1000,
    ratios(speeds(of("heddle")), speeds(of("raw"))).value,
    median(cpus(of("raw"))),
    median(cpus(of("heddle"))),
    ratios(cpus(of("heddle")), cpus(of("raw"))).value,
    median(cpus(of("mixed")))
  ]
}

const table = (measured: Measured, title: string, what: keyof Round, one: string, notes: string): Table => ({
  title,
  notes,
  columns: [
    "",
    `raw ${one}s, k/s`,
    `heddle's, k/s`,
    { name: "heddle is", unit: "×" },
    `raw ${one} CPU, µs`,
    `${one} CPU, µs`,
    { name: "heddle's is", unit: "×" },
    "in a process with all shapes"
  ],
  rows: Object.entries(shapes).map(([name, shape]) => row(measured, name, shape.title, what))
})

export default async (): Promise<Answer> => {
  const mixed = await start(new URL("./shapes/heddle.ts", import.meta.url), { env: { BENCH_CARRIED: names.join(",") } })
  const measured = new Map<string, ReadonlyMap<string, ReadonlyArray<Round>>>()
  // It sends all shapes before any is measured: that is what makes it differ from the others.
  const pairs = names.map((_, carrier) => pairOf(mixed, carrier))
  for (const { asks, tells } of pairs) {
    await asks.warm(warmMillis)
    await tells.warm(warmMillis)
  }
  for (const [index, name] of names.entries()) {
    const pair = pairs[index]
    if (pair !== undefined) measured.set(name, await measureShape(name, pair))
  }
  await mixed.close()
  const number = (what: "speeds" | "cpus") => {
    const of = what === "speeds" ? speeds : cpus
    return ratios(of(ratesOf(measured, "number", "heddle", "asks")), of(ratesOf(measured, "number", "raw", "asks")))
  }
  return {
    measured: { "number asks / raw": number("speeds"), "number ask CPU / raw": number("cpus") },
    tables: [
      table(
        measured,
        "Shapes of messages",
        "asks",
        "ask",
        "There and back, thread to thread, 1000 in flight, checked against the schema at both ends by heddle and not at all " +
          "by raw, which has promises and posts what a user would post: the same fields and an id, without an envelope; a " +
          "string or undefined for the `Option`, and an instance that is made again on arrival for the class. " +
          `Each in a process that carries nothing else, after ${
            warmMillis / 1000
          } s of asks and as long of tells; medians ` +
          `of ${rounds} rounds of ${roundMillis} ms. The last column is heddle's CPU in a process that carries all shapes, ` +
          "as real ones do: V8 inlines less there."
      ),
      table(
        measured,
        "Shapes of messages, one-way",
        "tells",
        "tell",
        "The same, told: raw posts in one loop without an id and without back-pressure; all are handled."
      )
    ]
  }
}
