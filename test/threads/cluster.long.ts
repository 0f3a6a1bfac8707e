/** Two machines on loopback, and a real Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { connect as connectPlain } from "node:net"
import { performance } from "node:perf_hooks"
import { connect, type ConnectionOptions } from "node:tls"
import { freePort, keys, type Line, type Machine, overlapMillis, placesOf, setUp } from "./machines.ts"
import * as postgres from "./postgres.ts"

const bin = postgres.binaries()

const identity = "heddle"

/** What a TLS connection says that has another key, or none. */
const tlsTo = (port: number, psk: Buffer | undefined): Promise<string> =>
  new Promise((resolve) => {
    const options: ConnectionOptions = psk === undefined
      ? { rejectUnauthorized: false }
      : {
        ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
        maxVersion: "TLSv1.2",
        checkServerIdentity: () => undefined,
        pskCallback: () => ({ psk, identity })
      }
    const socket = connect({ ...options, host: "127.0.0.1", port }, () => resolve("connected"))
    socket.once("error", (error) => resolve(error.message))
  })

/** What a connection gets that speaks no TLS. */
const plainTo = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    const socket = connectPlain(port, "127.0.0.1", () => socket.write("hello\n"))
    socket.on("data", (data) => {
      text += data.toString("latin1").replace(/[^ -~]/g, "")
    })
    socket.once("error", () => {}).once("close", () => resolve(text))
  })

/** How long it takes until all keys answer. What was on its way to a machine that ends has no answer, and is asked again. */
const backAfter = async (asked: Machine, since: number): Promise<number> => {
  const answered = async (key: string): Promise<void> => {
    const { error } = await asked.order("add", { key, id: `back ${key}` })
    if (error === undefined) return
    assert.deepInclude(error, { reason: "Unreachable", handled: "maybe" })
    return answered(key)
  }
  await Promise.all(keys.map(answered))
  return performance.now() - since
}

describe.skipIf(bin === undefined)("a cluster", { timeout: 120_000 }, () => {
  const { cluster, two } = setUp(bin)

  /** Completes when a line is in the journal. */
  const noted = (is: (line: Line) => boolean): Promise<void> => cluster().until((lines) => lines.some(is))
  const ran = (): ReadonlySet<string | undefined> =>
    new Set(cluster().journal().flatMap(({ id, what }) => what === "run" ? [id] : []))

  it("N1: Keys are spread over two machines, each is on one of them, and values arrive as they were sent.", async () => {
    const { a, b } = await two()
    const [fromA, fromB] = await Promise.all([placesOf(a), placesOf(b)])
    assert.deepStrictEqual([...fromA], [...fromB])
    assert.deepStrictEqual(new Set(fromA.values()), new Set(["a", "b"]))
    const answer = await a.order("add", { key: keys.find((key) => fromA.get(key) === "b") ?? "", id: "value" })
    assert.isTrue(answer.minusZero)
    const awake = await b.order("awake")
    assert.deepStrictEqual([...Object(awake.value)].toSorted(), keys.toSorted())
  })

  it("N2: A thread that runs once is on one machine, and both reach it.", async () => {
    const { a, b } = await two()
    const [one, other] = await Promise.all([a.order("who"), b.order("who")])
    assert.isUndefined(one.error)
    assert.strictEqual(one.value, other.value)
    assert.strictEqual(overlapMillis(cluster().journal()), 0)
  })

  it("N3: When a machine is killed, its keys and its bot are back on the other within 4 seconds.", async () => {
    const { a, b } = await two()
    const who = await a.order("who")
    const [dead, alive] = who.value === "a" ? [a, b] : [b, a]
    const killed = performance.now()
    await dead.kill()
    const keysAfter = await backAfter(alive, killed)
    const bot = await alive.order("who")
    const botAfter = performance.now() - killed
    process.stdout.write(
      `kill -9: keys back after ${Math.round(keysAfter)} ms, the bot after ${Math.round(botAfter)} ms\n`
    )
    assert.isUndefined(bot.error, JSON.stringify(bot.error))
    assert.notStrictEqual(bot.value, who.value)
    assert.isAtMost(keysAfter, 4000)
    assert.strictEqual(overlapMillis(cluster().journal()), 0)
  })

  it("N3: When a machine is stopped, its keys are back within 1.5 seconds of its end, each closed before it opens again.", async () => {
    const { a, b } = await two()
    const places = await placesOf(a)
    const asked = performance.now()
    b.signal("SIGTERM")
    // What is asked meanwhile is answered by one or the other.
    await cluster().until((lines) => lines.some(({ machine, what }) => machine === "b" && what === "close"))
    const closed = performance.now()
    const after = await backAfter(a, asked)
    process.stdout.write(
      `SIGTERM: keys back after ${Math.round(after)} ms, ${
        Math.round(asked + after - closed)
      } ms after the first was closed\n`
    )
    assert.strictEqual(await b.ended, 0)
    assert.isAtMost(asked + after - closed, 1500)
    const lines = cluster().journal()
    for (const [key, machine] of places) {
      if (machine !== "b") continue
      const opened = lines.findLast((line) => line.what === "open" && line.machine === "a" && line.key === key)
      const closed = lines.findLast((line) => line.what === "close" && line.machine === "b" && line.key === key)
      assert.isAtLeast(opened?.at ?? 0, closed?.at ?? Infinity, key)
    }
    assert.strictEqual(overlapMillis(lines), 0)
  })

  it("N4: Nobody gets in without the key, and no machine with another protocol; both are told why.", async () => {
    const address = `127.0.0.1:${await freePort()}`
    const a = await cluster().start("a", { HEDDLE_ADDRESS: address })
    await a.ready
    const stranger = await cluster().start("b", { HEDDLE_CLUSTER_KEY: "another key, which is long enough, too" })
    assert.strictEqual(await stranger.ended, 1)
    assert.match(stranger.complaints, /has another cluster\.key than the machines of this database/)
    assert.notInclude(stranger.complaints, "another key, which")
    const later = await cluster().start("c", { VERSION: "2" })
    assert.strictEqual(await later.ended, 1)
    assert.match(
      later.complaints,
      /can't join machine 127\.0\.0\.1:\d+, which runs another version: Counter has another protocol \(Version has other schemas\)/
    )
    const port = Number(address.split(":")[1])
    assert.match(await tlsTo(port, Buffer.alloc(32, 1)), /bad record mac|decrypt/)
    assert.match(await tlsTo(port, undefined), /handshake failure|no shared cipher/)
    assert.strictEqual(await plainTo(port), "")
    assert.isUndefined((await a.order("add", { key: "still", id: "there" })).error)
  })

  it("N5: An error means the same as on one machine, and says whether the message may have run.", async () => {
    const { a, b } = await two()
    const places = await placesOf(a)
    const key = keys.find((key) => places.get(key) === "b") ?? ""
    const refused = await a.order("refuse", { key })
    assert.deepInclude(refused.error, { tag: "Refused" })
    const late = await a.order("hang", { key, id: "late", millis: 300 })
    assert.deepInclude(late.error, { tag: "ActorError", reason: "TimedOut", handled: "maybe" })
    const crashed = await a.order("die", { key })
    assert.deepInclude(crashed.error, { tag: "ActorError", reason: "Crashed", handled: "maybe" })
    const lost = a.order("slow", { key, id: "lost", millis: 20_000 })
    await noted((line) => line.what === "started" && line.id === "lost")
    await b.kill()
    const { error } = await lost
    assert.deepInclude(error, { tag: "ActorError", reason: "Unreachable", handled: "maybe" })
    assert.match(
      error?.message ?? "",
      /^Counter\("k\d+"\)\.Slow: .*machine 127\.0\.0\.1:\d+ .*\. The message may have run;/
    )
    assert.strictEqual(cluster().journal().filter((line) => line.id === "lost").length, 1)
  })

  it("N6: However a machine ends, what was accepted runs, and what runs twice says so.", async () => {
    const { a, b } = await two()
    const accepted: Array<string> = []
    const send = async (from: Machine, name: string, count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const id = `${name} ${index}`
        const { error } = await from.order("note", { key: keys[index % keys.length] ?? "", id })
        if (error === undefined) accepted.push(id)
      }
    }
    const sending = Promise.all([send(a, "a", 400), send(b, "b", 400), send(a, "c", 400)])
    await noted((line) => line.id === "b 100")
    await b.kill()
    await sending
    await cluster().until(() => accepted.every((id) => ran().has(id)))
    const runs = cluster().journal().filter((line) => line.what === "run" && accepted.includes(line.id ?? ""))
    const first = new Set<string>()
    for (const { id = "", redelivered } of runs) {
      if (first.has(id)) assert.isTrue(redelivered, `${id} ran twice and did not say so`)
      first.add(id)
    }
    process.stdout.write(`${accepted.length} accepted, ${runs.length - first.size} ran twice\n`)
    assert.isAbove(accepted.length, 500)
  })
})
