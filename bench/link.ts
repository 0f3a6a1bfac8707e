/** What do an ask, a tell and an element of a stream cost, beside raw `postMessage` and what one would take instead? */
import { readFileSync } from "node:fs"
import { type Contestant, start } from "./contestant.ts"
import { type Answer, show, times, where } from "./report.ts"
import { inRounds, median, quantile, ratio, rounds } from "./statistics.ts"

const own = (name: string) => new URL(`./link/contestants/${name}.ts`, import.meta.url)
const peer = (name: string) => new URL(`./peers/${name}.ts`, import.meta.url)

/** `inThread`: it asks from a worker thread. heddle's asking actor has a thread of its own already. */
const field: ReadonlyArray<readonly [name: string, module: URL, options?: { readonly inThread: boolean }]> = [
  ["raw, bare echo", own("rawEcho"), { inThread: true }],
  ["raw, with promises", own("rawAsk"), { inThread: true }],
  ["raw, with promises, batched", own("rawBatched"), { inThread: true }],
  ["**heddle**, actor to actor", own("heddle")],
  ["**heddle**, main to actor", own("heddleMain")],
  ["piscina", peer("piscina"), { inThread: true }],
  ["tinypool", peer("tinypool"), { inThread: true }],
  ["poolifier, main to thread", peer("poolifier")],
  ["comlink", peer("comlink"), { inThread: true }],
  ["workerpool", peer("workerpool"), { inThread: true }],
  ["@platformatic/itc", peer("itc"), { inThread: true }],
  ["Effect RPC over a worker", own("effectRpc"), { inThread: true }]
]

/**
 * Sequential asks in a turn, where both threads are on one processor: enough that its caches have forgotten whose turn it was
 * before.
 */
const sequential = 2000
/** And where the kernel likes them. A processor that has nothing to do falls asleep, and when it does is a matter of luck: hence many turns. */
const sequentialAnywhere = 500
const turns = 8
/** Asks, tells or elements in a round: as many as the contestant does in about that time, by its last round. */
const roundMillis = 700
/** Services live long: everybody runs as warm as V8 makes them. That takes some seconds of asks, and of tells. */
const warmMillis = 3000
const warmTurns = 6
const told = 250_000
const window = 1000

/** `name version` of a package, as it is installed from `folder`. */
const version = (name: string, folder: string): string => {
  const file = new URL(`${folder}/node_modules/${name}/package.json`, import.meta.url)
  return `${name} ${JSON.parse(readFileSync(file, "utf8")).version}`
}

const versions = (): string => {
  const { dependencies } = JSON.parse(readFileSync(new URL("./peers/package.json", import.meta.url), "utf8"))
  return [...Object.keys(dependencies).map((name) => version(name, "./peers")), version("effect", "..")].join(", ")
}

/** Messages a second, and the processor time of one in microseconds. */
interface Rate {
  readonly perSecond: number
  readonly cpu: number
}

const measures = ["asks", "tells", "stream"] as const
type Measure = (typeof measures)[number]

/** What a contestant does. */
const measuredOf = (name: string): ReadonlyArray<Measure> =>
  name.includes("heddle") ? measures : name === "raw, bare echo" ? ["asks", "tells"] : ["asks"]

const unmeasured: Rate = { perSecond: Number.NaN, cpu: Number.NaN }

const rate = async (contestant: Contestant, what: Measure, count: number): Promise<Rate> => {
  const before = await contestant.cpuMicros()
  const [millis = Number.NaN] = await contestant.measure(what, count, window)
  return { perSecond: count / millis * 1000, cpu: (await contestant.cpuMicros() - before) / count }
}

export default async (): Promise<Answer> => {
  const contestants = new Map<string, Contestant>()
  for (const [name, module, options] of field) contestants.set(name, await start(module, options))
  /** How fast everybody was when last measured. */
  const speeds = new Map<string, number>()
  const measure = async (name: string, contestant: Contestant, what: Measure, count: number): Promise<Rate> => {
    const result = await rate(contestant, what, count)
    speeds.set(`${name} ${what}`, result.perSecond)
    return result
  }
  const inTime = (name: string, what: Measure, millis: number): number =>
    Math.round((speeds.get(`${name} ${what}`) ?? 0) * millis / 1000)
  const ask = (count: number) =>
    inRounds(
      rounds * turns,
      new Map(Array.from(contestants, ([name, contestant]) => [name, async () => {
        const micros = await contestant.measure("latencies", count)
        return { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) }
      }]))
    )
  const onOneProcessor = (one: boolean): boolean =>
    Array.from(contestants.values(), (contestant) => contestant.onOneProcessor(one)).every(Boolean)
  const askOnOne = async () => {
    const onOne = onOneProcessor(true)
    const count = onOne ? sequential : sequentialAnywhere
    const latencies = await ask(count)
    onOneProcessor(false)
    return { count, latencies, onOne }
  }

  for (const [name, contestant] of contestants) {
    await measure(name, contestant, "asks", 10_000)
    await measure(name, contestant, "asks", inTime(name, "asks", warmMillis))
  }
  const { count, latencies, onOne } = await askOnOne()
  for (const [name, contestant] of contestants) {
    for (const what of measuredOf(name).filter((what) => what !== "asks")) {
      for (let turn = 0; turn < warmTurns; turn++) await measure(name, contestant, what, told)
    }
  }
  const { latencies: later } = await askOnOne()
  const anywhere = await ask(sequentialAnywhere)
  const results = await inRounds(
    rounds,
    new Map(Array.from(contestants, ([name, contestant]) => [name, async () => {
      const round: Record<Measure, Rate> = { asks: unmeasured, tells: unmeasured, stream: unmeasured }
      for (const what of measuredOf(name)) {
        round[what] = await measure(name, contestant, what, inTime(name, what, roundMillis))
      }
      return round
    }]))
  )
  for (const contestant of contestants.values()) await contestant.close()

  const of = (name: string, what: "p50" | "p99" | "later" | "anywhere" | Measure, cpu = false) =>
    what === "later" || what === "anywhere"
      ? ((what === "later" ? later : anywhere).get(name) ?? []).map(({ p50 }) => p50)
      : what === "p50" || what === "p99"
      ? (latencies.get(name) ?? []).map((turn) => turn[what])
      : (results.get(name) ?? []).map((round) => cpu ? round[what].cpu : round[what].perSecond)
  const echo = "raw, bare echo"
  const promises = "raw, with promises"
  const heddle = "**heddle**, actor to actor"
  const against = (what: "p50" | "later" | "anywhere" | Measure, name: string, base = what) =>
    ratio(of(heddle, what), of(name, base))
  return {
    targets: [
      {
        id: "P1",
        what: "sequential ask, p50",
        target: "≤ 1.25 × raw ping-pong",
        measured: `${times(against("p50", echo))} (${show(median(of(heddle, "p50")))} µs)`,
        met: against("p50", echo) <= 1.25,
        how:
          `thread to thread, ${where(onOne)}, one ask after the other, ${
            rounds * turns
          } turns of ${count}; judged by the bare echo; ` +
          `beside raw with promises ${
            times(against("p50", promises))
          }; in processes that have told and read streams as well ${times(against("later", echo))} and ${
            times(against("later", promises))
          }, and with threads where the kernel likes them ${times(against("anywhere", echo))} and ${
            times(against("anywhere", promises))
          }`
      },
      {
        id: "P2",
        what: "asks, 1000 in flight",
        target: "≥ 2 × raw unbatched, ≥ 4 × piscina",
        measured: `${times(against("asks", promises))} and ${times(against("asks", "piscina"))} ` +
          `(${show(median(of(heddle, "asks")) / 1000)} k/s)`,
        met: against("asks", promises) >= 2 && against("asks", "piscina") >= 4,
        how: "thread to thread; raw is what one writes to ask: a number on each message and a map of promises; " +
          `beside the bare echo ${times(against("asks", echo))}, beside the batched ${
            times(against("asks", "raw, with promises, batched"))
          }`
      },
      {
        id: "P3",
        what: "tells, all handled",
        target: "≥ 3 × raw unbatched one-way",
        measured: `${times(against("tells", echo))} (${show(median(of(heddle, "tells")) / 1000)} k/s)`,
        met: against("tells", echo) >= 3,
        how:
          "thread to thread, one sender, each tell accepted by a mailbox of 1000 before the next; timed until all are " +
          "handled; raw posts them in one loop without back-pressure"
      },
      {
        id: "P5",
        what: "stream elements",
        target: "≥ 3 × raw unbatched one-way",
        measured: `${times(against("stream", echo, "tells"))} (${show(median(of(heddle, "stream")) / 1000)} k/s)`,
        met: against("stream", echo, "tells") >= 3,
        how: "thread to thread, elements are the same small messages, read to the end"
      }
    ],
    tables: [{
      title: "One small message",
      notes:
        "`{ id, a: \"a small message\", b: 0.5 }` there and back, thread to thread where nothing else is said; one " +
        `thread answers. All take turns. After ${
          warmMillis / 1000
        } s of asks with ${window} in flight to warm up: medians of ${
          rounds * turns
        } turns of ${count} sequential asks, ${where(onOne)}. Later, when all have told and read streams as well: ` +
        `the same again, anywhere (turns of ${sequentialAnywhere}, where the kernel likes the threads), and medians of ` +
        `${rounds} rounds of asks with ${window} in flight, of tells and of elements, for ${roundMillis} ms each. ` +
        "Only heddle and Effect RPC check messages against a schema, at both ends. CPU is the processor time of all " +
        "threads for each message, in µs. Pools have one thread and their documented setting for many tasks on it; " +
        `workerpool has none. Versions: ${versions()}.`,
      columns: [
        "",
        "ask p50, µs",
        "p99, µs",
        "later",
        "anywhere",
        "asks, k/s",
        "heddle is",
        "CPU",
        "tells, k/s",
        "CPU",
        "elements, k/s",
        "CPU"
      ],
      rows: Array.from(results.keys(), (name) => [
        name,
        show(median(of(name, "p50"))),
        show(median(of(name, "p99"))),
        show(median(of(name, "later"))),
        show(median(of(name, "anywhere"))),
        show(median(of(name, "asks")) / 1000),
        name === heddle ? "" : times(against("asks", name)),
        show(median(of(name, "asks", true))),
        show(median(of(name, "tells")) / 1000),
        show(median(of(name, "tells", true))),
        show(median(of(name, "stream")) / 1000),
        show(median(of(name, "stream", true)))
      ])
    }]
  }
}
