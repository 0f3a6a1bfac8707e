/** A new version of a system takes the place of the old one, a machine at a time. */
import { assert, describe, it } from "@effect/vitest"
import { keys, type Line, type Machine, overlapMillis, placesOf, setUp, spread } from "./machines.ts"
import * as postgres from "./postgres.ts"
import * as traffic from "./traffic.ts"

const bin = postgres.binaries()

/** On a busy computer a machine that has nothing wrong may not answer for seconds. */
const failover = { FAILOVER: "20000" }

describe.skipIf(bin === undefined)("a new version on the machines of a cluster", { timeout: 300_000 }, () => {
  const { cluster, two } = setUp(bin)
  const next = async (name: string): Promise<Machine> => {
    const machine = await cluster().start(name, failover, { next: true })
    await machine.ready
    return machine
  }
  const ran = (id: string) => (lines: ReadonlyArray<Line>): boolean =>
    lines.some((line) => line.id === id && line.what === "run")

  it("N4, N6: A new version with more messages and actors takes over a machine at a time, and no message is lost.", async () => {
    const { a, b } = await two(failover)
    const messages = traffic.begin({ a, b }, 10)
    const c = await next("c")
    messages.add("c", c)
    await spread(c, 3)

    // What only the new version has is refused where the old one holds the key, and durable messages wait.
    const places = await placesOf(c)
    const at = (name: string): string => keys.find((key) => places.get(key) === name) ?? ""
    assert.isUndefined((await c.order("double", { key: at("c"), id: "double at c" })).error)
    const refused = await c.order("double", { key: at("a"), id: "double at a" })
    assert.deepInclude(refused.error, { reason: "Unreachable", handled: "no" })
    assert.match(
      refused.error?.message ?? "",
      /its machine runs another version of the system, which has no Counter\.Double/
    )
    const strange = await c.order("come", { key: at("b"), id: "come to b" })
    assert.match(strange.error?.message ?? "", /another version of the system, which has no Newcomer\.Come/)
    const waiting = ["a", "b", "c"].flatMap((name) => [`double ${name}`, `come ${name}`])
    for (const name of ["a", "b", "c"]) {
      assert.isUndefined((await c.order("note-double", { key: at(name), id: `double ${name}` })).error)
      assert.isUndefined((await c.order("note-come", { key: at(name), id: `come ${name}` })).error)
    }
    await cluster().until(ran("double c"))
    await cluster().until(ran("come c"))

    for (const [old, name] of [[a, "d"], [b, undefined]] as const) {
      old.signal("SIGTERM")
      assert.strictEqual(await old.ended, 0)
      if (name !== undefined) messages.add(name, await next(name))
    }
    await spread(c)
    const sent = await messages.stop()
    await cluster().until((lines) => traffic.isDone(sent, lines))
    for (const id of waiting) await cluster().until(ran(id))
    assert.isUndefined((await c.order("double", { key: at("a"), id: "double in the end" })).error)
    const lines = cluster().journal()
    process.stdout.write(`a new version: ${JSON.stringify(traffic.check(sent, lines))}\n`)
    assert.deepStrictEqual(traffic.strays(lines), [])
    assert.strictEqual(overlapMillis(lines), 0)
  })

  it("N4, N6: A new version in which a message has changed does not start while the old one runs, and takes over its messages when that has ended.", async () => {
    const { a, b } = await two(failover)
    const messages = traffic.begin({ a, b }, 10)
    const refused = await cluster().start("c", { ...failover, VERSION: "2" })
    assert.strictEqual(await refused.ended, 1)
    assert.match(
      refused.complaints,
      /Counter has another protocol \(Version has other schemas\); keep the old messages, add new ones besides/
    )
    const sent = await messages.stop()
    assert.deepStrictEqual(sent.filter(({ answer }) => answer.error !== undefined), [])
    const later = await a.order("note-later", { key: "k1", id: "of the old version", millis: 3000 })
    assert.isUndefined(later.error)
    a.signal("SIGTERM")
    b.signal("SIGTERM")
    await Promise.all([a.ended, b.ended])
    const c = await cluster().start("c", { ...failover, VERSION: "2" })
    await c.ready
    await cluster().until(ran("of the old version"))
    assert.isUndefined((await c.order("add", { key: "k1", id: "of the new version" })).error)
    await cluster().until((lines) => traffic.isDone(sent, lines))
    traffic.check(sent, cluster().journal())
  })
})
