/** What a machine may still do that has lost what it held, and what crosses machines. */
import { assert, describe, it } from "@effect/vitest"
import { keys, overlapMillis, placesOf, setUp, spread } from "./machines.ts"
import * as postgres from "./postgres.ts"
import * as traffic from "./traffic.ts"

const bin = postgres.binaries()

describe.skipIf(bin === undefined)("a cluster and what it holds", { timeout: 180_000 }, () => {
  const { cluster, database, two, twoWithBot } = setUp(bin)

  it("N8: What a machine does that has stood still bears a smaller token than what was done meanwhile.", async () => {
    const { holder, name, other } = await twoWithBot()
    const places = await placesOf(other)
    const key = keys.find((key) => places.get(key) === name) ?? ""
    const bot = await other.order("fence-bot")
    const old = other.order("fence", { key, id: "old", millis: 1000 })
    await cluster().until((lines) => lines.some(({ id, what }) => what === "started" && id === "old"))
    holder.signal("SIGSTOP")
    const refused = await old
    assert.deepInclude(refused.error, { reason: "Unreachable", handled: "maybe" })
    const [present, presentBot] = [
      await other.order("fence", { key, id: "new", millis: 0 }),
      await other.order("fence-bot", { millis: 30_000 })
    ]
    assert.isAbove(Number(presentBot.value), Number(bot.value))
    holder.signal("SIGCONT")
    await spread(other)
    const lines = cluster().journal()
    const before = lines.find((line) => line.what === "open" && line.key === key)
    assert.isAbove(Number(present.value), before?.fence ?? Infinity)
    traffic.checkFences(lines)
    // Each run bears the token of its own time.
    for (const { fence = 0, key: of, machine } of traffic.strays(lines)) {
      const later = lines.find((line) => line.what === "open" && line.key === of && line.machine !== machine)
      assert.isBelow(fence, later?.fence ?? 0)
    }
  })

  it("N1, N2, N5: Values of all kinds, and 20 MiB, cross machines; one whose session ends that holds its locks leaves at once.", async () => {
    // So many bytes keep the cluster's thread busy, on a computer that others use for seconds.
    const { a, b } = await two({ FAILOVER: "60000" })
    const places = await placesOf(a)
    const key = keys.find((key) => places.get(key) === "b") ?? ""
    for (const size of [0, 100_000, 20 * 2 ** 20]) {
      const { error, value } = await a.order("echo", { key, millis: size })
      assert.isUndefined(error, JSON.stringify(error))
      assert.deepStrictEqual(value, [])
    }
    assert.isUndefined((await b.order("echo", { key, millis: 10 })).error)
    const left = await a.order("hang-interrupted", { key, id: "left", millis: 500 })
    assert.isUndefined(left.error)
    await cluster().until((lines) =>
      lines.some(({ id, machine, what }) => id === "left" && what === "interrupted" && machine === "b")
    )

    const messages = traffic.begin({ a, b }, 10)
    const sessions = await database().sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN
        (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted) AND application_name LIKE 'heddle %' LIMIT 1`
    )
    assert.strictEqual(sessions, "t")
    await cluster().until(() =>
      a.complaints.includes("has lost its session") || b.complaints.includes("has lost its session")
    )
    await spread(a)
    const sent = await messages.stop()
    await cluster().until((lines) => traffic.isDone(sent, lines))
    const lines = cluster().journal()
    process.stdout.write(`a session ended: ${JSON.stringify(traffic.check(sent, lines))}\n`)
    assert.deepStrictEqual(traffic.strays(lines), [])
    assert.strictEqual(overlapMillis(lines), 0)
    traffic.checkFences(lines)
  })

  it("N1: Two clusters in two schemas of a database don't know of each other.", async () => {
    await database().sql("CREATE ROLE other LOGIN; CREATE SCHEMA other AUTHORIZATION other")
    await database().sql("ALTER ROLE other SET search_path = other")
    const own = await cluster().start("own")
    await own.ready
    const other = await cluster().start("other", { DATABASE_URL: database().url.replace("heddle:", "other:") })
    await other.ready
    for (const [name, machine] of [["own", own], ["other", other]] as const) {
      assert.deepStrictEqual(new Set((await placesOf(machine)).values()), new Set([name]))
      assert.strictEqual((await machine.order("who", { millis: 60_000 })).value, name)
    }
  })
})
