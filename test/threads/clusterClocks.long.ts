/** Machines whose clocks are wrong, or are set while they run. */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { keys, overlapMillis, placesOf, setUp, spread } from "./machines.ts"
import * as postgres from "./postgres.ts"
import * as traffic from "./traffic.ts"

const bin = postgres.binaries()
const hourMillis = 3_600_000

/** On a busy computer a machine that has nothing wrong may not answer for seconds. One that is killed is noticed at once all the same. */
const failover = { FAILOVER: "20000" }

describe.skipIf(bin === undefined)("a cluster whose clocks differ", { timeout: 240_000 }, () => {
  const { cluster } = setUp(bin)

  it("N3, N6: No clock of a machine matters: not one that is an hour wrong, and not one that is set by two hours.", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-clocks-"))
    const clock = (name: string): string => join(folder, name)
    const set = (name: string, millis: number): void => writeFileSync(clock(name), `${millis}`)
    set("a", hourMillis)
    set("b", -hourMillis)
    const a = await cluster().start("a", { CLOCK: clock("a"), ...failover })
    await a.ready
    const b = await cluster().start("b", { CLOCK: clock("b"), ...failover })
    await b.ready
    await spread(a)

    const clocks = new Map(
      cluster().journal().flatMap(({ clock, machine }) => clock === undefined ? [] : [[machine, clock]])
    )
    assert.isAbove((clocks.get("a") ?? 0) - (clocks.get("b") ?? 0), 1.9 * hourMillis)

    const places = await placesOf(a)
    const bot = await a.order("who")
    const messages = traffic.begin({ a, b }, 10)
    const enough = async (count: number): Promise<void> => {
      while (messages.answered() < count) await a.order("who")
    }
    await enough(100)
    set("a", -hourMillis)
    set("b", hourMillis)
    const later = await a.order("note-later", { key: "k1", id: "later", millis: 1000 })
    assert.isUndefined(later.error)
    await enough(messages.answered() + 500)
    await cluster().until((lines) => lines.some(({ id }) => id === "later"))
    const sent = await messages.stop()
    // Nothing has moved, and nothing was broken off.
    assert.deepStrictEqual(sent.filter(({ answer }) => answer.error !== undefined), [])
    assert.deepStrictEqual([...await placesOf(b)], [...places])
    assert.strictEqual((await b.order("who")).value, bot.value)

    // What the machine that is killed has accepted is due by the clock of the database, for the one that takes it over as well.
    const [dead, alive] = bot.value === "a" ? [a, b] : [b, a]
    const delayed = await Promise.all(
      keys.map((key) => dead.order("note-later", { key, id: `delayed ${key}`, millis: 1000 }))
    )
    assert.deepStrictEqual(delayed.filter(({ error }) => error !== undefined), [])
    const since = performance.now()
    await dead.kill()
    await spread(alive, 1)
    const millis = performance.now() - since
    await cluster().until((lines) => keys.every((key) => lines.some(({ id }) => id === `delayed ${key}`)))
    await cluster().until((lines) => traffic.isDone(sent, lines))
    const lines = cluster().journal()
    process.stdout.write(
      `set clocks: keys back after ${Math.round(millis)} ms, ${JSON.stringify(traffic.check(sent, lines))}\n`
    )
    assert.isAtMost(millis, 4000)
    assert.deepStrictEqual(traffic.strays(lines), [])
    assert.strictEqual(overlapMillis(lines), 0)
    rmSync(folder, { recursive: true })
  })
})
