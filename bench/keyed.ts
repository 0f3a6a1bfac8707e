/** What does a key cost, and a message to one, compared with a plain actor? */
import { start } from "./contestant.ts"
import { cpus, runner, speeds } from "./measure.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds, single, spread } from "./statistics.ts"

const many = 100_000
const some = 10_000
const keyCounts = [0, 1, 100, 10_000]
const warmMillis = 2000
const roundMillis = 400
const idleMillis = 5000

const kinds = ["asks", "tells"] as const

/** In a process of its own, with nothing else on its heap. */
const alone = async <A>(use: (contestant: Awaited<ReturnType<typeof start>>) => Promise<A>): Promise<A> => {
  const contestant = await start(new URL("./keyed/contestant.ts", import.meta.url))
  const result = await use(contestant)
  await contestant.close()
  return result
}

const measureMessages = () =>
  alone(async (contestant) => {
    const runners = new Map(
      kinds.flatMap((kind) => keyCounts.map((keys) => [`${kind} ${keys}`, runner(contestant, kind, keys)] as const))
    )
    for (const { warm } of runners.values()) await warm(warmMillis)
    return inRounds(rounds, new Map(Array.from(runners, ([name, { turn }]) => [name, () => turn(roundMillis)])))
  })

const measureIdle = () =>
  alone(async (contestant) => {
    await contestant.measure("idle", 1000)
    const without = await contestant.measure("idle", idleMillis)
    await contestant.measure("open", some)
    await contestant.measure("idle", 1000)
    const awake = await contestant.measure("idle", idleMillis)
    return ((awake[0] ?? Number.NaN) - (without[0] ?? Number.NaN)) * 100
  })

const measureOpening = () =>
  alone(async (contestant) => {
    // What compiles, and what grows once.
    await contestant.measure("open", 1000)
    return contestant.measure("open", many)
  })

const measurePassivation = () =>
  alone(async (contestant) => {
    await contestant.measure("passivate", some)
    const longest: Array<number> = []
    for (let round = 0; round < 3; round++) {
      const [millis = Number.NaN] = await contestant.measure("passivate", some)
      longest.push(millis)
    }
    return spread(longest)
  })

export default async (): Promise<Answer> => {
  const [micros = Number.NaN, bytes = Number.NaN] = await measureOpening()
  const idle = await measureIdle()
  const passivation = await measurePassivation()
  const results = await measureMessages()
  const of = (name: string) => results.get(name) ?? []
  const dearer = (kind: (typeof kinds)[number], keys: number) =>
    ratios(cpus(of(`${kind} ${keys}`)), cpus(of(`${kind} 0`)))
  return {
    measured: {
      "key bytes": single(bytes),
      "key micros": single(micros),
      "idle keys": single(idle),
      "passivation turn": passivation,
      "ask to a key / plain": dearer("asks", 100),
      "tell to a key / plain": dearer("tells", 100)
    },
    tables: [{
      title: "Messages to keys",
      notes:
        `From an actor to one of another thread, the small message: to a plain actor, and to keys in turn, each by a client ` +
        `that is made for the message. Asks with 1000 in flight; tells until all are handled. Medians of ${rounds} rounds.`,
      columns: [
        "keys",
        "asks, k/s",
        "CPU of an ask, µs",
        { name: "compared", unit: "×" },
        "tells, k/s",
        "CPU of a tell, µs",
        {
          name: "compared",
          unit: "×"
        }
      ],
      rows: keyCounts.map((keys) => [
        keys === 0 ? "a plain actor" : String(keys),
        ...kinds.flatMap((kind) => [
          median(speeds(of(`${kind} ${keys}`))) / 1000,
          median(cpus(of(`${kind} ${keys}`))),
          dearer(kind, keys).value
        ])
      ])
    }, {
      title: "Keys",
      notes:
        `${many} keys opened by \`wake\` from main, 1000 at a time; ${some} keys that are idle, and that close because of it.`,
      columns: [
        "to open one, CPU, µs",
        "heap of one, bytes",
        "10,000 idle, % of a core more",
        "longest turn while 10,000 close, CPU, ms"
      ],
      rows: [[micros, bytes, idle, passivation.value]]
    }]
  }
}
