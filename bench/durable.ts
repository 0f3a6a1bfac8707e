/** What do durable messages cost, compared with BullMQ on a local Redis and with the disk itself? */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Contestant, start } from "./contestant.ts"
import { cpus, type Rate, speeds } from "./measure.ts"
import type { Answer } from "./report.ts"
import { inRounds, median, quantile, ratios, rounds, spread } from "./statistics.ts"

const senders = [1, 100] as const
const tells = { 1: 150, 100: 3000 } as const
const asks = 60
const warmTells = 2000
const warmAsks = 30

const heddle = "**heddle**, SQLite"
const raw = "`node:sqlite`, rows only"

interface Round {
  readonly tells: Readonly<Record<(typeof senders)[number], Rate>>
  readonly asks: ReadonlyArray<number>
}

const measureTells = async (contestant: Contestant, senders: keyof typeof tells): Promise<Rate> => {
  const count = tells[senders]
  const before = await contestant.usage()
  const [millis = Number.NaN] = await contestant.measure("tells", count, senders)
  const after = await contestant.usage()
  return { perSecond: count / millis * 1000, cpu: (after.cpuMicros - before.cpuMicros) / count }
}

const measure = async (contestant: Contestant): Promise<Round> => ({
  tells: { 1: await measureTells(contestant, 1), 100: await measureTells(contestant, 100) },
  asks: await contestant.measure("asks", asks)
})

const hasRedis = (): boolean => {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** Contestants by name: their module, and what Redis is told. */
const contestants = (): ReadonlyArray<readonly [name: string, module: string, fsync: string]> => [
  [heddle, "./durable/heddle.ts", ""],
  ...hasRedis()
    ? [
      ["BullMQ, Redis with `appendfsync always`", "./peers/bullmq.ts", "always"],
      ["BullMQ, Redis with `appendfsync everysec`", "./peers/bullmq.ts", "everysec"]
    ] as const
    : [],
  [raw, "./durable/raw.ts", ""]
]

export default async (): Promise<Answer> => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-bench-"))
  const started = new Map<string, Contestant>()
  for (const [index, [name, module, fsync]] of contestants().entries()) {
    const own = mkdtempSync(join(folder, `${index}-`))
    const env = { BENCH_DATABASE: join(own, "bench.db"), BENCH_FSYNC: fsync }
    const contestant = await start(new URL(module, import.meta.url), { env })
    await contestant.measure("tells", warmTells, 100)
    await contestant.measure("asks", warmAsks)
    started.set(name, contestant)
  }
  const results = await inRounds(
    rounds,
    new Map(Array.from(started, ([name, contestant]) => [name, () => measure(contestant)]))
  )
  for (const contestant of started.values()) await contestant.close()
  rmSync(folder, { recursive: true })

  const of = (name: string): ReadonlyArray<Round> => results.get(name) ?? []
  const rates = (name: string, count: (typeof senders)[number]) => of(name).map(({ tells }) => tells[count])
  const p50 = (name: string) => of(name).map(({ asks }) => median(asks))
  return {
    measured: {
      "durable tells, one sender / rows": ratios(speeds(rates(heddle, 1)), speeds(rates(raw, 1))),
      "durable tells, 100 senders / rows": ratios(speeds(rates(heddle, 100)), speeds(rates(raw, 100))),
      "durable ask ms": spread(p50(heddle))
    },
    tables: [{
      title: "Durable messages",
      notes:
        `Messages of 100 bytes that are accepted a second, by one sender and by 100 at a time, while a worker runs them; lone asks, until the answer ` +
        `is there. All write to the same disk; with \`everysec\` Redis accepts what a loss of power would take. The processor time of Redis is not counted. ` +
        `Rows are inserted and nothing else, those of one turn of the loop in one transaction. Medians of ${rounds} rounds.`,
      columns: [
        "",
        "accepted/s, 1 sender",
        "accepted/s, 100 senders",
        "CPU of one of them, µs",
        "lone ask, p50, ms",
        "p99, ms"
      ],
      rows: Array.from(results.keys(), (name) => [
        name,
        median(speeds(rates(name, 1))),
        median(speeds(rates(name, 100))),
        median(cpus(rates(name, 100))),
        name === raw ? null : median(p50(name)),
        name === raw ? null : median(of(name).map(({ asks }) => quantile(asks, 0.99)))
      ])
    }]
  }
}
