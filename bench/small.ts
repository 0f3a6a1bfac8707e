/** What do three services take on a small machine: web server, scraper, and a bot on Discord? */
import { fileURLToPath } from "node:url"
import { build, type Command } from "./bundle/built.ts"
import type { Answer } from "./report.ts"
import { type Cost, measure, startDiscord } from "./small/services.ts"
import { inRounds, median, ratios, rounds, spread } from "./statistics.ts"

const three = new URL("../services/config.ts", import.meta.url)
const one = new URL("./small/oneThread.ts", import.meta.url)
const start = fileURLToPath(new URL("../src/cli/bin.js", import.meta.url))

const fromSources = (config: URL): Command => [process.execPath, start, "start", fileURLToPath(config)]

/** The settings for a machine with 512 MB, as docs/guides/small-machines.md gives them. */
export const small = { NODE_OPTIONS: "--max-semi-space-size=1", MALLOC_TRIM_THRESHOLD_: "65536" }

const settings = "one file, three threads, settings for 512 MB"

export default async (): Promise<Answer> => {
  const discord = await startDiscord()
  const built = { three: build(three), one: build(one) }
  const turn = (command: Command, env: Readonly<Record<string, string>> = {}) => () =>
    measure(command, { ...discord.env, ...env })
  try {
    const results = await inRounds(
      Math.min(rounds, 3),
      new Map([
        ["sources, three threads", turn(fromSources(three))],
        ["folder, three threads", turn(built.three.folder)],
        ["one file, three threads", turn(built.three.file)],
        [settings, turn(built.three.file, small)],
        [
          `${settings}, old heap of main 64 MB`,
          turn(built.three.file, { ...small, NODE_OPTIONS: `${small.NODE_OPTIONS} --max-old-space-size=64` })
        ],
        [`${settings}, one core`, turn(["taskset", "--cpu-list", "0", ...built.three.file], small)],
        ["sources, one thread", turn(fromSources(one))],
        ["folder, one thread", turn(built.one.folder)],
        ["one file, one thread", turn(built.one.file)],
        ["one file, one thread, settings for 512 MB", turn(built.one.file, small)]
      ])
    )
    const of = (name: string, what: keyof Cost) => (results.get(name) ?? []).map((cost) => cost[what])
    return {
      measured: {
        "services bundled / sources": ratios(
          of("one file, three threads", "megabytes"),
          of("sources, three threads", "megabytes")
        ),
        "services, 512 MB": spread(of(settings, "megabytes"))
      },
      tables: [{
        title: "Three services on a small machine",
        notes:
          "Web server, scraper and a bot that is connected, two seconds after all were ready; medians. Own memory is without the " +
          "pages of files, which the system can drop. Idle is over five seconds.",
        columns: ["", "memory, MB", "own, MB", "ready, ms", "start CPU, ms", "idle, % of a core"],
        rows: Array.from(results.keys(), (name) => [
          name,
          median(of(name, "megabytes")),
          median(of(name, "ownMegabytes")),
          median(of(name, "readyMillis")),
          median(of(name, "startCpuMillis")),
          median(of(name, "idle")) * 100
        ])
      }]
    }
  } finally {
    built.three.remove()
    built.one.remove()
    await discord.close()
  }
}
