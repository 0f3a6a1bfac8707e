/** Does the web server notice when the bot's thread is blocked? */
import { start } from "./contestant.ts"
import type { Answer } from "./report.ts"
import { median, quantile, ratios, rounds } from "./statistics.ts"

const perSecond = 300
/** Shorter than the watchdog's patience of 5 s. */
const millis = 4000

export default async (): Promise<Answer> => {
  const load = await start(new URL("./http/load.ts", import.meta.url))
  const services = await start(new URL("./blocked/contestant.ts", import.meta.url), {
    env: { PORT: "0", HOST: "127.0.0.1", DISCORD_TOKEN: "", HEDDLE_TOKEN: "", SCRAPER_DATA: ":memory:" }
  })
  const [port = 0] = await services.measure("port")
  const requests = () => load.measure("paced", port, 1, perSecond, millis)
  await requests()
  const quiet: Array<ReadonlyArray<number>> = []
  const blocked: Array<ReadonlyArray<number>> = []
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    quiet.push(await requests())
    await services.measure("spin")
    blocked.push(await requests())
    await services.measure("recovered")
  }
  await Promise.all([load.close(), services.close()])
  const each = (values: ReadonlyArray<ReadonlyArray<number>>, q: number) => values.map((micros) => quantile(micros, q))
  return {
    measured: { "blocked p99": ratios(each(blocked, 0.99), each(quiet, 0.99)) },
    tables: [{
      title: "GET /livez of the shipped services",
      notes:
        `${perSecond} requests a second for ${millis / 1000} s, in turn without and with a bot whose thread spins; ` +
        `medians of ${quiet.length} rounds.`,
      columns: ["", "p50, ms", "p99, ms", "max, ms"],
      rows: [["all well", quiet] as const, ["the bot's thread spins", blocked] as const].map(([name, values]) => [
        name,
        ...[0.5, 0.99, 1].map((q) => median(each(values, q)) / 1000)
      ])
    }]
  }
}
