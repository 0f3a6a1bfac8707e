/** Two machines on loopback: one stands still, the database goes away, threads crash, machines can't reach each other. */
import { assert, describe, it } from "@effect/vitest"
import { performance } from "node:perf_hooks"
import { keys, type Line, type Machine, overlapMillis, setUp, spread } from "./machines.ts"
import * as postgres from "./postgres.ts"

const bin = postgres.binaries()

/** The most that may pass until a machine that goes on after a standstill has looked, and its bot has ended; here, while others compute. */
const oneLookMillis = 2000

describe.skipIf(bin === undefined)("a cluster under faults", { timeout: 120_000 }, () => {
  const { cluster, database, twoWithBot } = setUp(bin)

  /** How long it takes until all keys answer, and what could not. */
  const backAfter = async (asked: Machine, since: number) => {
    const answers = await Promise.all(keys.map((key) => asked.order("add", { key, id: `back ${key}`, millis: 60_000 })))
    return {
      millis: Math.round(performance.now() - since),
      errors: answers.flatMap(({ error }) => error === undefined ? [] : [error])
    }
  }

  it("N2, N3: A machine that stands still loses its keys and its bot, and gives up what it has when it goes on.", async () => {
    const { holder, name, other } = await twoWithBot()
    const since = performance.now()
    holder.signal("SIGSTOP")
    const { errors, millis } = await backAfter(other, since)
    const bot = await other.order("who", { millis: 30_000 })
    process.stdout.write(`standing still: keys back after ${millis} ms\n`)
    assert.isUndefined(bot.error, JSON.stringify(bot.error))
    assert.notStrictEqual(bot.value, name)
    // What was on its way to the machine has no answer, and nobody knows whether it ran.
    for (const error of errors) assert.deepInclude(error, { reason: "Unreachable", handled: "maybe" })
    holder.signal("SIGCONT")
    await spread(other)
    const overlap = overlapMillis(cluster().journal())
    process.stdout.write(`standing still: two bots for ${overlap} ms\n`)
    assert.isAtMost(overlap, oneLookMillis)
  })

  it("N2, N3: Without their database machines hold nothing, and all is back by itself when it is.", async () => {
    const { other } = await twoWithBot()
    await database().kill()
    const bot = cluster().journal().findLast(({ what }) => what === "bot starts")
    await cluster().until((lines) => lines.some(({ at, what }) => what === "bot ends" && at > (bot?.at ?? 0)))
    const refused = await other.order("note", { key: "k1", id: "refused", millis: 2000 })
    assert.deepInclude(refused.error, { reason: "Unreachable" })
    assert.isAbove((refused.error?.message ?? "").length, 40)
    // The other machine may hold its keys a moment longer than the one that had the bot.
    let asked = await other.order("add", { key: "k1", id: "asked", millis: 1000 })
    while (asked.error === undefined) asked = await other.order("add", { key: "k1", id: "asked", millis: 1000 })
    assert.deepInclude(asked.error, { reason: "Unreachable" })
    assert.match(asked.error?.message ?? "", /this machine (was not back in|left) its cluster|no machine has held/)
    await database().restart()
    const since = performance.now()
    const { errors, millis } = await backAfter(other, since)
    assert.deepStrictEqual(errors, [])
    assert.isUndefined((await other.order("who", { millis: 60_000 })).error)
    process.stdout.write(`the database is back: keys after ${millis} ms\n`)
    assert.strictEqual(overlapMillis(cluster().journal()), 0)
  })

  it("N2, N3: When the thread of the cluster crashes, no bot lives twice, and keys answer from both machines.", async () => {
    const { holder, other } = await twoWithBot()
    const since = performance.now()
    await holder.order("inject", { key: "heddle.cluster" })
    const [there, here] = await Promise.all([backAfter(other, since), backAfter(holder, since)])
    for (const error of [...there.errors, ...here.errors]) assert.deepInclude(error, { reason: "Unreachable" })
    assert.isUndefined((await other.order("who", { millis: 60_000 })).error)
    await spread(other)
    process.stdout.write(`the cluster's thread crashed: keys back after ${there.millis} ms\n`)
    assert.strictEqual(overlapMillis(cluster().journal()), 0)
  })

  it("N3, N6: When both machines and the database are killed, what was accepted runs once they are back, and no machine starts before.", async () => {
    const { holder, other } = await twoWithBot()
    const accepted = await Promise.all(
      keys.map((key) =>
        holder.order("note", { key, id: `kept ${key}` }).then(({ error }) => error === undefined ? [key] : [])
      )
    )
    await Promise.all([holder.kill(), other.kill(), database().kill()])
    const early = await cluster().start("early")
    assert.strictEqual(await early.ended, 1)
    assert.match(early.complaints, /the storage of durable messages can't reach its database; look whether that runs/)
    await database().restart()
    const next = await cluster().start("c")
    await next.ready
    const ran = (lines: ReadonlyArray<Line>) => new Set(lines.map(({ id }) => id))
    await cluster().until((lines) => accepted.flat().every((key) => ran(lines).has(`kept ${key}`)))
    assert.isAbove(accepted.flat().length, 0)
  })
})
