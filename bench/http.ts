/** Does a web server lose anything by being an actor? */
import { start } from "./contestant.ts"
import { type Answer, show, times } from "./report.ts"
import { inRounds, median, ratio, rounds } from "./statistics.ts"

const connections = 16
const millis = 2000

export default async (): Promise<Answer> => {
  const load = await start(new URL("./http/load.ts", import.meta.url))
  const actor = await start(new URL("./http/actor.ts", import.meta.url))
  const alone = await start(new URL("./http/alone.ts", import.meta.url))
  const turn = async (server: typeof actor) => {
    const [port = 0] = await server.measure("port")
    return async () => {
      const [perSecond = Number.NaN] = await load.measure("full", port, 0, connections, millis)
      return perSecond
    }
  }
  const results = await inRounds(
    rounds,
    new Map([["the app alone, on main", await turn(alone)], ["the app as an actor", await turn(actor)]])
  )
  await Promise.all([load, actor, alone].map((contestant) => contestant.close()))
  const of = (name: string) => results.get(name) ?? []
  const relation = ratio(of("the app as an actor"), of("the app alone, on main"))
  return {
    targets: [{
      id: "P12",
      what: "HTTP through an actor-hosted server",
      target: "≥ 0.95 × the same Effect app alone",
      measured: times(relation),
      met: relation >= 0.95,
      how:
        `\`HttpRouter\` with one JSON route; ${connections} connections, kept alive, each with one request at a time, from ` +
        `another process on loopback, ${millis / 1000} s a round`
    }],
    tables: [{
      title: "Requests",
      columns: ["", "answers/s"],
      rows: Array.from(results, ([name, values]) => [name, show(median(values))])
    }]
  }
}
