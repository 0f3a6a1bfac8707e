/** What does it cost to map many inputs over two threads, compared with piscina, tinypool and the ideal? */
import { type Contestant, start } from "./contestant.ts"
import { cpus, type Rate, speeds } from "./measure.ts"
import { type Answer, where } from "./report.ts"
import { inRounds, median, ratios, rounds, single } from "./statistics.ts"

const trivialTasks = 32_768
const computing = { tasks: 64, rounds: 10_000_000 }
const large = { tasks: 1000, bytes: 100_000 }
const lazily = 1_000_000
const warmTurns = 4

const peer = (name: string) => new URL(`./peers/${name}Pool.ts`, import.meta.url)
const own = (name: string) => new URL(`./pool/${name}.ts`, import.meta.url)

const heddle = "**heddle**, `Pool.map`"
const ideal = "two bare threads, half of the tasks each"

/** A peer, and how it is set. Its documentation names several settings, none of which is best for all tasks. */
interface Setting {
  readonly peer: "piscina" | "tinypool"
  readonly atomics: "sync" | "async" | "disabled"
  readonly atATime: number
}

const settings: ReadonlyArray<Setting> = [
  { peer: "piscina", atomics: "sync", atATime: 1 },
  { peer: "piscina", atomics: "sync", atATime: 1000 },
  { peer: "piscina", atomics: "async", atATime: 1000 },
  { peer: "tinypool", atomics: "sync", atATime: 1 },
  { peer: "tinypool", atomics: "disabled", atATime: 1000 }
]

const nameOf = ({ atATime, atomics, peer }: Setting): string => `${peer}, atomics ${atomics}, ${atATime} at a time`

const measures = ["trivial", "spin", "bytes"] as const
type Measure = (typeof measures)[number]
type Round = Readonly<Record<Measure, Rate>>

const argsOf: Readonly<Record<Measure, readonly [count: number, ...rest: ReadonlyArray<number>]>> = {
  trivial: [trivialTasks],
  spin: [computing.tasks, computing.rounds],
  bytes: [large.tasks, large.bytes]
}

const measure = async (contestant: Contestant, what: Measure): Promise<Rate> => {
  const [count, ...rest] = argsOf[what]
  const before = await contestant.usage()
  const [millis = Number.NaN] = await contestant.measure(what, count, ...rest)
  const after = await contestant.usage()
  return { perSecond: count / millis * 1000, cpu: (after.cpuMicros - before.cpuMicros) / count }
}

const measureAll = async (contestant: Contestant): Promise<Round> => ({
  trivial: await measure(contestant, "trivial"),
  spin: await measure(contestant, "spin"),
  bytes: await measure(contestant, "bytes")
})

type Measured = ReadonlyMap<string, ReadonlyArray<Round>>

const of = (all: Measured, name: string, what: Measure): ReadonlyArray<Rate> =>
  (all.get(name) ?? []).map((round) => round[what])

/** The setting of a peer with which these tasks take least. */
const bestOf = (all: Measured, peer: Setting["peer"], what: Measure, less: (rates: ReadonlyArray<Rate>) => number) =>
  settings.filter((setting) => setting.peer === peer).map((setting) => of(all, nameOf(setting), what))
    .toSorted((a, b) => less(a) - less(b))[0] ?? []

const slowness = (rates: ReadonlyArray<Rate>): number => 1 / median(speeds(rates))
const cost = (rates: ReadonlyArray<Rate>): number => median(cpus(rates))

const verdicts = (all: Measured, memory: ReadonlyArray<number>): Answer["measured"] => {
  const faster = (peer: Setting["peer"], what: Measure) =>
    ratios(speeds(of(all, heddle, what)), speeds(bestOf(all, peer, what, slowness)))
  const cheaper = (peer: Setting["peer"]) =>
    ratios(cpus(of(all, heddle, "trivial")), cpus(bestOf(all, peer, "trivial", cost)))
  const [before = Number.NaN, most = Number.NaN] = memory
  return {
    "pool tasks / piscina": faster("piscina", "trivial"),
    "pool tasks / tinypool": faster("tinypool", "trivial"),
    "pool task CPU / piscina": cheaper("piscina"),
    "pool task CPU / tinypool": cheaper("tinypool"),
    "pool computing / ideal": ratios(speeds(of(all, ideal, "spin")), speeds(of(all, heddle, "spin"))),
    "pool bytes / piscina": faster("piscina", "bytes"),
    "pool bytes / tinypool": faster("tinypool", "bytes"),
    "pool memory": single(most - before)
  }
}

const startAll = async (): Promise<ReadonlyMap<string, Contestant>> => {
  const contestants = new Map([
    [heddle, await start(own("heddle"))],
    [ideal, await start(own("ideal"))]
  ])
  for (const setting of settings) {
    const env = { BENCH_ATOMICS: setting.atomics, BENCH_AT_A_TIME: String(setting.atATime) }
    contestants.set(nameOf(setting), await start(peer(setting.peer), { env }))
  }
  return contestants
}

export default async (): Promise<Answer> => {
  const contestants = await startAll()
  for (const contestant of contestants.values()) {
    for (let turn = 0; turn < warmTurns; turn++) await measureAll(contestant)
  }
  const all = await inRounds(
    rounds,
    new Map(Array.from(contestants, ([name, contestant]) => [name, () => measureAll(contestant)]))
  )
  for (const contestant of contestants.values()) await contestant.close()
  // In a process of its own: what the other tasks have left behind is not this one's.
  const lazy = await start(own("heddle"))
  for (let turn = 0; turn < warmTurns; turn++) await lazy.measure("trivial", trivialTasks)
  const memory = await lazy.measure("memory", lazily)
  await lazy.close()
  const [before = Number.NaN, most = Number.NaN, , , millis = Number.NaN] = memory
  return {
    measured: verdicts(all, memory),
    tables: [{
      title: "A pool of two threads",
      notes:
        `Main maps ${trivialTasks} trivial tasks, ${computing.tasks} that compute ${
          computing.rounds / 1e6
        } million steps each, and ${large.tasks} with ${large.bytes / 1000} KB; ${
          where(false)
        }. heddle keeps 500 on their way; the others are given all at once. Medians of ${rounds} rounds. ` +
        `\`Pool.map\` over a generator of ${lazily} inputs took ${(millis / 1000).toFixed(1)} s, with RSS growing by ${
          (most - before).toFixed(0)
        } MB.`,
      columns: ["", "trivial, k/s", "CPU of one, µs", "computing, ms for all", "100 KB, ms for all"],
      rows: Array.from(contestants.keys(), (name) => {
        const millisOf = (what: Measure) => argsOf[what][0] / median(speeds(of(all, name, what))) * 1000
        return [
          name,
          median(speeds(of(all, name, "trivial"))) / 1000,
          median(cpus(of(all, name, "trivial"))),
          millisOf("spin"),
          millisOf("bytes")
        ]
      })
    }]
  }
}
