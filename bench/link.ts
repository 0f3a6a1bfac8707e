/** What do an ask, a tell and an element of a stream cost, compared with raw `postMessage` and the usual pools? */
import { readFileSync } from "node:fs"
import { type Contestant, start } from "./contestant.ts"
import { cpus, type Rate, type Runner, runner, speeds } from "./measure.ts"
import { type Answer, type Table, where } from "./report.ts"
import { inRounds, median, quantile, ratios, rounds } from "./statistics.ts"

const own = (name: string) => new URL(`./link/contestants/${name}.ts`, import.meta.url)
const peer = (name: string) => new URL(`./peers/${name}.ts`, import.meta.url)

const echo = "raw, bare echo"
const promises = "raw, with promises"
const flat = "raw, with promises, no envelope"
const heddle = "**heddle**, actor to actor"
const heddleMain = "**heddle**, main to actor"

/** `inThread`: it asks from a worker thread. heddle's asking actor has a thread of its own already. */
const field: ReadonlyArray<readonly [name: string, module: URL, options?: { readonly inThread: boolean }]> = [
  [echo, own("rawEcho"), { inThread: true }],
  [promises, own("rawAsk"), { inThread: true }],
  [flat, own("rawFlat"), { inThread: true }],
  ["raw, with promises, batched", own("rawBatched"), { inThread: true }],
  [heddle, own("heddle")],
  [heddleMain, own("heddleMain")],
  ["piscina", peer("piscina"), { inThread: true }],
  ["tinypool", peer("tinypool"), { inThread: true }],
  ["poolifier, main to thread", peer("poolifier")],
  ["comlink", peer("comlink"), { inThread: true }],
  ["workerpool", peer("workerpool"), { inThread: true }],
  ["@platformatic/itc", peer("itc"), { inThread: true }],
  ["Effect RPC over a worker", own("effectRpc"), { inThread: true }]
]

/** Lone asks in a turn, both threads on one processor: enough for its caches to forget the turn before. */
const lone = 2000
/** And on any processor. An idle processor falls asleep, and when it does is a matter of luck: hence many short turns. */
const loneAnywhere = 500
const turns = 4
const roundMillis = 500
const warmMillis = 2500
const window = 1000

const measures = ["asks", "tells", "stream"] as const
type Measure = (typeof measures)[number]
type Round = Readonly<Partial<Record<Measure, Rate>>>

interface Latency {
  readonly p50: number
  readonly p99: number
}

const measuredOf = (name: string): ReadonlyArray<Measure> =>
  name.includes("heddle") ? measures : name === echo ? ["asks", "tells"] : ["asks"]

/** `name version` of a package, as it is installed from `folder`. */
const version = (name: string, folder: string): string => {
  const file = new URL(`${folder}/node_modules/${name}/package.json`, import.meta.url)
  return `${name} ${JSON.parse(readFileSync(file, "utf8")).version}`
}

const versions = (): string => {
  const { dependencies } = JSON.parse(readFileSync(new URL("./peers/package.json", import.meta.url), "utf8"))
  return [...Object.keys(dependencies).map((name) => version(name, "./peers")), version("effect", "..")].join(", ")
}

type Field = ReadonlyMap<string, Contestant>
type Latencies = ReadonlyMap<string, ReadonlyArray<Latency>>

const askOneByOne = (contestants: Field, count: number): Promise<Latencies> =>
  inRounds(
    rounds * turns,
    new Map(Array.from(contestants, ([name, contestant]) => [name, async () => {
      const micros = await contestant.measure("latencies", count)
      return { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) }
    }]))
  )

const onOneProcessor = (contestants: Field, one: boolean): boolean =>
  Array.from(contestants.values(), (contestant) => contestant.onOneProcessor(one)).every(Boolean)

const askOnOne = async (contestants: Field): Promise<{ readonly latencies: Latencies; readonly onOne: boolean }> => {
  const onOne = onOneProcessor(contestants, true)
  const latencies = await askOneByOne(contestants, onOne ? lone : loneAnywhere)
  onOneProcessor(contestants, false)
  return { latencies, onOne }
}

/** Everything that is measured, in the order in which it warms the contestants. */
const measureAll = async (contestants: Field) => {
  const runners = new Map(Array.from(contestants, ([name, contestant]) => [
    name,
    new Map(measuredOf(name).map((what): [Measure, Runner] => [what, runner(contestant, what, window)]))
  ]))
  for (const [, all] of runners) await all.get("asks")?.warm(warmMillis)
  const { latencies, onOne } = await askOnOne(contestants)
  for (const [, all] of runners) {
    for (const what of measures) if (what !== "asks") await all.get(what)?.warm(warmMillis)
  }
  const { latencies: later } = await askOnOne(contestants)
  const anywhere = await askOneByOne(contestants, loneAnywhere)
  const results = await inRounds(
    rounds,
    new Map(Array.from(runners, ([name, all]) => [name, async (): Promise<Round> => {
      const round: Partial<Record<Measure, Rate>> = {}
      for (const [what, { turn }] of all) round[what] = await turn(roundMillis)
      return round
    }]))
  )
  return { anywhere, later, latencies, onOne, results }
}

type Measured = Awaited<ReturnType<typeof measureAll>>

const ratesOf = ({ results }: Measured, name: string, what: Measure): ReadonlyArray<Rate> =>
  (results.get(name) ?? []).flatMap((round) => round[what] ?? [])

const p50s = (latencies: Latencies, name: string): ReadonlyArray<number> =>
  (latencies.get(name) ?? []).map(({ p50 }) => p50)

const verdicts = (all: Measured): Answer["measured"] => {
  const faster = (what: Measure, name: string, base: Measure = what) =>
    ratios(speeds(ratesOf(all, heddle, what)), speeds(ratesOf(all, name, base)))
  const cheaper = (what: Measure, name: string, own = heddle) =>
    ratios(cpus(ratesOf(all, own, what)), cpus(ratesOf(all, name, what)))
  return {
    "lone ask / raw echo": ratios(p50s(all.latencies, heddle), p50s(all.latencies, echo)),
    "small asks / raw": faster("asks", promises),
    "small asks / piscina": faster("asks", "piscina"),
    "small ask CPU / raw": cheaper("asks", promises),
    "small ask CPU / piscina": cheaper("asks", "piscina"),
    "tells / raw": faster("tells", echo),
    "tell CPU / raw": cheaper("tells", echo),
    "elements / raw": faster("stream", echo, "tells"),
    "main ask CPU / actor": cheaper("asks", heddle, heddleMain),
    "main tell CPU / actor": cheaper("tells", heddle, heddleMain),
    "main element CPU / actor": cheaper("stream", heddle, heddleMain)
  }
}

const notes = (onOne: boolean): string =>
  "`{ id, a: \"a small message\", b: 0.5 }` there and back, thread to thread where the name says nothing else; one thread " +
  "answers. The bare echo sends the next message when any answer arrives. With promises is what one writes in order to ask: " +
  "the message in an envelope with an id, and a map of promises that wait; a message that has an id of its own needs no " +
  "envelope, which is cheaper. Only heddle and Effect RPC check messages against a schema, at both ends. " +
  `After ${warmMillis / 1000} s of asks with ${window} in flight: medians of ${
    rounds * turns
  } turns of ${lone} lone asks, ` +
  `${
    where(onOne)
  }. Then, when the contestants have told and read streams as well: lone asks again ("later"), lone asks on ` +
  `any processor ("anywhere"), and ${rounds} rounds of asks with ${window} in flight, tells and elements, for ${roundMillis} ` +
  "ms each. Pools have one thread and their documented setting for many tasks on it; workerpool has none. " +
  `Versions: ${versions()}.`

const tableOf = (all: Measured): Table => ({
  title: "One small message",
  notes: notes(all.onOne),
  columns: [
    "",
    "lone ask p50, µs",
    "p99, µs",
    "later",
    "anywhere",
    "asks, k/s",
    { name: "heddle is", unit: "×" },
    "ask CPU, µs",
    { name: "heddle's is", unit: "×" },
    "tells, k/s",
    "tell CPU, µs",
    "elements, k/s",
    "element CPU, µs"
  ],
  rows: Array.from(all.results.keys(), (name) => {
    const rate = (what: Measure) => median(speeds(ratesOf(all, name, what))) / 1000
    const cpu = (what: Measure) => median(cpus(ratesOf(all, name, what)))
    const asked = (of: typeof speeds) => ratios(of(ratesOf(all, heddle, "asks")), of(ratesOf(all, name, "asks"))).value
    return [
      name,
      median(p50s(all.latencies, name)),
      median((all.latencies.get(name) ?? []).map(({ p99 }) => p99)),
      median(p50s(all.later, name)),
      median(p50s(all.anywhere, name)),
      rate("asks"),
      name === heddle ? "" : asked(speeds),
      cpu("asks"),
      name === heddle ? "" : asked(cpus),
      rate("tells"),
      cpu("tells"),
      rate("stream"),
      cpu("stream")
    ]
  })
})

export default async (): Promise<Answer> => {
  const contestants = new Map<string, Contestant>()
  for (const [name, module, options] of field) contestants.set(name, await start(module, options))
  const all = await measureAll(contestants)
  for (const contestant of contestants.values()) await contestant.close()
  return { measured: verdicts(all), tables: [tableOf(all)] }
}
