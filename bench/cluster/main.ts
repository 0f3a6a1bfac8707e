/**
 * `npm run bench:cluster`: what machines of a cluster that have nothing to do cost their database, by how many there are.
 *
 * The machines are simulated: their sessions run the statements of the watch, of the engine and of the storage, as often as real ones do,
 * against a Postgres of this program's own.
 */
import * as Runner from "effect/cluster/Runner"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerStorage from "effect/cluster/RunnerStorage"
import * as ShardId from "effect/cluster/ShardId"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { SqlClient } from "effect/sql/SqlClient"
import { readdirSync, readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import * as tables from "../../src/cluster/tables.ts"
import * as views from "../../src/cluster/view.ts"
import * as layout from "../../src/storage/layout.ts"
import { connect } from "../../src/storage/postgres.ts"
import * as sharing from "../../src/storage/sharing.ts"
import * as postgres from "../../test/threads/postgres.ts"

const { values } = parseArgs({
  options: {
    machines: { type: "string", default: "2,10,30,100" },
    messages: { type: "string", default: "0" },
    seconds: { type: "string", default: "20" }
  }
})

const shards = 128
const seconds = Number(values.seconds)
const waiting = Number(values.messages)
const ticksPerSecond = 100

/** Processor time of a process and its children, those that have ended among them, in seconds. */
const processorSeconds = (pid: number): number => {
  const own = (of: string): { readonly parent: number; readonly ticks: number } => {
    const fields = readFileSync(`/proc/${of}/stat`, "utf8").replace(/^.*\) /, "").split(" ").map(Number)
    const [, parent = 0] = fields
    return { parent, ticks: fields.slice(11, of === `${pid}` ? 15 : 13).reduce((sum, part) => sum + part, 0) }
  }
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const { parent, ticks } = own(name)
      return parent === pid || name === `${pid}` ? [ticks] : []
    } catch {
      return []
    }
  })
  return all.reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond
}

/** One machine: it has entered, holds its part of the shards, and looks from then on. */
const machine = Effect.fnUntraced(function*(url: string, number: number, count: number) {
  const session = `bench${number}`
  const { sql } = yield* connect(url, { applicationName: tables.nameOf(session), maxConnections: 3 })
  const own = yield* sql.reserve
  const id = yield* tables.enter(own, { address: `10.0.0.${number}:7400`, session, agreed: "{}", software: "{}" })
  const { adopt } = yield* sharing.enter(sql, yield* sql.reserve)
  const address = RunnerAddress.make(`10.0.0.${number}`, 7400)
  const config = ShardingConfig.layer({ runnerAddress: Option.some(address), shardsPerGroup: shards })
  const storage = Context.get(
    yield* Layer.build(
      SqlRunnerStorage.layerWith({ prefix: "heddle_cluster" }).pipe(
        Layer.provide([config, Layer.succeed(SqlClient, tables.withSession(sql, own))])
      )
    ),
    RunnerStorage.RunnerStorage
  )
  yield* storage.register(Runner.make({ address, groups: ["default"], weight: 1 }), true)
  const held = Array.from({ length: shards }, (_, index) => index + 1).filter((shard) => shard % count === number - 1)
    .map((shard) => ShardId.make("default", shard))
  if (held.length > 0) yield* storage.acquire(address, held)
  const every = <A, E>(millis: number, effect: Effect.Effect<A, E>) =>
    Effect.forkScoped(Effect.repeat(Effect.delay(effect, 0), Schedule.spaced(millis)))
  yield* every(views.lookMillis, tables.look(own, id))
  yield* every(250, storage.getRunners)
  yield* every(10_000, storage.refresh(address, held))
  yield* every(500, adopt(["Room"]))
})

const transactions = async (server: Awaited<ReturnType<typeof postgres.make>>): Promise<number> =>
  Number(await server.sql("SELECT sum(xact_commit) FROM pg_stat_database"))

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

const measure = async (bin: string, count: number): Promise<void> => {
  const server = await postgres.make(bin, undefined, ["max_connections=500"])
  const prepared = Effect.scoped(Effect.gen(function*() {
    const { sql } = yield* connect(server.url, { applicationName: "bench", maxConnections: 1 })
    yield* tables.prepare(sql)
    yield* layout.migrate(sql)
  }))
  await Effect.runPromise(prepared)
  await server.sql("CREATE TABLE heddle_owners (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
  await server.sql(
    `INSERT INTO heddle_messages (actor, message, message_key, id, state, due_at, accepted_at, attempt, failures, form, sender, owner)
      SELECT 'Room', 'Say', '', n, 0, 9e15, 0, 0, 0, 1, 'main', 1 FROM generate_series(1, ${waiting}) n`
  )
  await server.sql("ANALYZE")
  const running = Effect.scoped(Effect.gen(function*() {
    yield* Effect.forEach(
      Array.from({ length: count }, (_, index) => index + 1),
      (number) => machine(server.url, number, count),
      { concurrency: 4 }
    )
    yield* Effect.promise(() => pause(3000))
    const before = { cpu: processorSeconds(server.pid()), count: yield* Effect.promise(() => transactions(server)) }
    yield* Effect.promise(() => pause(seconds * 1000))
    const after = { cpu: processorSeconds(server.pid()), count: yield* Effect.promise(() => transactions(server)) }
    const sessions = yield* Effect.promise(() =>
      server.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    )
    const perSecond = Math.round((after.count - before.count) / seconds)
    const percent = (after.cpu - before.cpu) / seconds * 100
    process.stdout.write(
      `| ${count} | ${waiting} | ${Number(sessions) - 1} | ${perSecond} | ${percent.toFixed(1)} % of a core |\n`
    )
  }))
  await Effect.runPromise(running)
  await server.remove()
}

const bin = postgres.binaries()
if (bin === undefined) throw new Error("there is no Postgres on this computer")
process.stdout.write(
  "| machines | messages that wait | sessions | transactions a second | processor time of Postgres |\n"
)
process.stdout.write("| --- | --- | --- | --- | --- |\n")
for (const count of values.machines.split(",").map(Number)) await measure(bin, count)
process.exit(0)
