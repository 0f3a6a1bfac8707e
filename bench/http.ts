/** Does a web server lose anything by being an actor, in a small system and in a large one? */
import { type Contestant, start } from "./contestant.ts"
import { cpus, type Rate, speeds } from "./measure.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, ratios, rounds } from "./statistics.ts"

const connections = 16
const warmMillis = 3000
const roundMillis = 1500

const alone = "the app alone, on main"
const onThread = "the app alone, on a worker thread"
const among = (actors: number) => `heddle, an actor of ${actors}`

const app = new URL("./http/alone.ts", import.meta.url)
const actor = new URL("./http/actor.ts", import.meta.url)

export default async (): Promise<Answer> => {
  const load = await start(new URL("./http/load.ts", import.meta.url))
  const servers = new Map<string, Contestant>([
    [alone, await start(app)],
    [onThread, await start(app, { inThread: true })]
  ])
  for (const actors of [2, 30, 300]) {
    servers.set(among(actors), await start(actor, { env: { BENCH_ACTORS: String(actors) } }))
  }
  const requests = async (server: Contestant, millis: number): Promise<Rate> => {
    const [port = 0] = await server.measure("port")
    const before = await server.usage()
    const [perSecond = Number.NaN] = await load.measure("full", port, 0, connections, millis)
    const after = await server.usage()
    return { perSecond, cpu: (after.cpuMicros - before.cpuMicros) / (perSecond * millis / 1000) }
  }
  for (const server of servers.values()) await requests(server, warmMillis)
  const results = await inRounds(
    rounds,
    new Map(Array.from(servers, ([name, server]) => [name, () => requests(server, roundMillis)]))
  )
  await Promise.all([load, ...servers.values()].map((contestant) => contestant.close()))
  const of = (name: string) => results.get(name) ?? []
  const compared = (name: string, what: typeof speeds) => ratios(what(of(name)), what(of(alone)))
  return {
    measured: {
      "http, 2 actors": compared(among(2), speeds),
      "http, 300 actors": compared(among(300), speeds)
    },
    tables: [{
      title: "Requests",
      notes:
        `One JSON route, ${connections} connections that are kept alive, from another process on loopback, after ` +
        `${warmMillis / 1000} s of requests; medians of ${rounds} rounds of ${
          roundMillis / 1000
        } s. CPU is that of the ` +
        "server's process. The system's other actors are on a thread of their own and do nothing.",
      columns: [
        "",
        "requests, k/s",
        { name: "compared with the app alone", unit: "×" },
        "CPU of a request, µs",
        { name: "compared with the app alone's", unit: "×" }
      ],
      rows: Array.from(results.keys(), (name) => [
        name,
        median(speeds(of(name))) / 1000,
        compared(name, speeds).value,
        median(cpus(of(name))),
        compared(name, cpus).value
      ])
    }]
  }
}
