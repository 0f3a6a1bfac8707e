/** Durable messages in a real Postgres, which is itself killed. HEDDLE_TEST_KILLS: how often the process and the server are. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { System } from "heddle"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Ledger } from "../fixtures/durable/Ledger.ts"
import { killed } from "./durableKills.ts"
import * as postgres from "./postgres.ts"
import { quietly, reason } from "./watching.ts"

const bin = postgres.binaries()
const clerk = fileURLToPath(new URL("../fixtures/scheduled/program.ts", import.meta.url))

/** Ends the sessions of the one that has the lock, but for those of the others that wait for it. */
const endSessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN " +
  "(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"

/** Asks the database something, as the operator would. */
const query = async (url: string, sql: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(join(bin ?? "", "psql"), [url, "-At", "-c", sql])
  return stdout.trim()
}

/** Completes when a second process has asked for the lock of the storage, and has not got it. */
const waitsForLock = async (url: string): Promise<void> => {
  const sessions =
    "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND state = 'idle'"
  while (Number(await query(url, sessions)) < 2);
}
const kills = Number(process.env["HEDDLE_TEST_KILLS"] ?? 5)

describe.skipIf(bin === undefined)("M9: durable messages in Postgres", () => {
  let server: Awaited<ReturnType<typeof postgres.make>> | undefined
  const running = () => {
    if (server === undefined) throw new Error("the server has not started")
    return server
  }
  beforeAll(async () => {
    server = await postgres.make(bin ?? "")
    process.env["LEDGER_URL"] = server.url
  }, 120_000)
  afterAll(() => server?.remove(), 60_000)

  const config = Effect.promise(async () => (await import("../fixtures/durable/config.ts")).default)
  const system = Layer.unwrap(Effect.map(config, (config) => Layer.fresh(quietly(System.layer(config)))))

  it.live(
    "M9: What is promised of SQLite holds in Postgres: values, ids, retries, delays, and one process at a time.",
    () =>
      Effect.gen(function*() {
        const ledger = yield* Ledger
        const value = {
          number: -0,
          maybe: undefined,
          bytes: new Uint8Array([0, 255]),
          date: new Date(-1),
          big: 2n ** 80n,
          map: new Map([["not", Number.NaN]]),
          option: Option.some(Number.NEGATIVE_INFINITY)
        }
        assert.deepStrictEqual(yield* ledger.Echo(value), value)
        const orders = ["a", "a\0", "\ud800", "ä", "'", "\"", "\\", "a"]
        const sums = yield* Effect.forEach(orders, (order) => ledger.Charge({ order, cents: 1 }))
        assert.deepStrictEqual(sums, [1, 2, 3, 4, 5, 6, 7, 1])
        assert.strictEqual(yield* ledger.Refuse({ times: 2 }), 3)
        yield* ledger.Note({ text: "later" }, { discard: true, after: "200 millis" })
        yield* Effect.repeat(ledger.Journal(), {
          until: (lines) => lines.some((line) => line.startsWith("note:later"))
        })
        const error = yield* Effect.flip(Effect.scoped(Layer.build(system)))
        assert.match(error.message, /is used by another process; .*\(postgres:\/\/127\.0\.0\.1:\d+\/postgres\)/s)
        assert.notInclude(error.message, "secret")
      }).pipe(Effect.provide(system)),
    120_000
  )

  it.live(
    "M9: While the database is away calls are Unreachable; when it is back, all go on by themselves.",
    () =>
      Effect.gen(function*() {
        const ledger = yield* Ledger
        yield* ledger.Charge({ order: "before", cents: 1 })
        yield* Effect.promise(() => running().kill())
        const unreachable = yield* reason(ledger.Note({ text: "a" }, { discard: true, timeout: "20 seconds" }))
        assert(unreachable._tag === "Unreachable")
        assert.match(unreachable.why, /can't reach its database/)
        assert.notInclude(unreachable.why, "secret")
        yield* Effect.promise(() => running().restart())
        const again = Effect.retry(ledger.Charge({ order: "before", cents: 1 }, { timeout: "20 seconds" }), {
          while: ({ reason }) => reason._tag === "Unreachable"
        })
        assert.isAbove(yield* again, 0)
      }).pipe(Effect.provide(system)),
    120_000
  )

  /** A process that has the storage for as long as it lives. */
  const owner = () => {
    const child = spawn(process.execPath, [clerk], {
      env: { ...process.env, CLERK_URL: running().url },
      stdio: ["ignore", "pipe", "ignore"]
    })
    const closed = once(child, "close")
    return { child, closed, up: once(createInterface({ input: child.stdout }), "line") }
  }

  it.live(
    "M9: A process that starts while another one has the storage waits for it, and takes it when that one dies.",
    () =>
      Effect.gen(function*() {
        const first = owner()
        yield* Effect.promise(() => first.up)
        const second = owner()
        let isUp = false
        second.up.then(() => {
          isUp = true
        }, () => {})
        yield* Effect.promise(() => waitsForLock(running().url))
        assert.isFalse(isUp, "the first one has it")
        first.child.kill("SIGKILL")
        yield* Effect.promise(() => first.closed)
        yield* Effect.promise(() => second.up)
        second.child.kill("SIGTERM")
        assert.deepStrictEqual(yield* Effect.promise(() => second.closed), [0, null])
      }),
    120_000
  )

  it.live(
    "M9: A process whose session the database has ended writes nothing any more once another one has the storage.",
    () =>
      Effect.gen(function*() {
        const ledger = yield* Ledger
        yield* ledger.Charge({ order: "mine", cents: 1 })
        const second = owner()
        yield* Effect.promise(() => waitsForLock(running().url))
        yield* Effect.promise(() => query(running().url, endSessions))
        yield* Effect.promise(() => second.up)
        const refused = yield* Effect.flip(
          Effect.repeat(ledger.Note({ text: "not mine" }, { discard: true, timeout: "20 seconds" }), { times: 1000 })
        )
        assert(refused.reason._tag === "Unreachable")
        assert.match(refused.reason.why, /was taken over by another process|is used by another process|was not up/)
        second.child.kill("SIGTERM")
        yield* Effect.promise(() => second.closed)
        // It is given back: the first one has it again by itself.
        yield* Effect.retry(ledger.Charge({ order: "mine again", cents: 1 }, { timeout: "20 seconds" }), {
          while: ({ reason }) => reason._tag === "Unreachable"
        })
      }).pipe(Effect.provide(system)),
    180_000
  )

  it(
    "M9: However often the process and the database are killed, what was accepted runs, and what runs twice says so.",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "heddle-killed-"))
      const account = await killed(folder, kills, () => 20 + Math.floor(Math.random() * 200), {
        env: { LEDGER_URL: running().url },
        midway: async () => {
          await running().kill()
          await running().restart()
        }
      })
      rmSync(folder, { recursive: true })
      process.stdout.write(
        `${kills} kills of both: ${account.accepted} accepted, ${account.repeated} ran more than once\n`
      )
      assert.strictEqual(account.complaint, "")
      assert.isAtLeast(account.accepted, kills)
      assert.deepStrictEqual(account.lost, [])
      assert.deepStrictEqual(account.unannounced, [])
      assert.deepStrictEqual(account.inexact, [])
    },
    kills * 60_000
  )
})
