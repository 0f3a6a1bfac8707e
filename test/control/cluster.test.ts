import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor, Cluster, Storage, Thread } from "heddle"
import { alone } from "../../src/control/only.ts"
import { make } from "../../src/control/topology.ts"
import { InvalidSystem } from "../../src/SystemError.ts"

class Bot extends Actor.Service<Bot>()("Bot", [Rpc.make("Say")]) {}
class Feed extends Actor.Service<Feed>()("Feed", [Rpc.make("Read", { success: Schema.String, stream: true })]) {}
class Room extends Actor.Keyed<Room>()("Room", { key: Schema.String }, [Rpc.make("Say")]) {}

const bot = Actor.lazy(Bot, () => Promise.resolve({ default: Bot.toLayer({ Say: () => Effect.void }) }))
const feed = Actor.lazy(Feed, () => Promise.resolve({ default: Feed.toLayer({ Read: () => Stream.empty }) }))
const room = Actor.lazy(Room, () => Promise.resolve({ default: Room.toLayer(() => ({ Say: () => Effect.void })) }))

const threads = {
  bot: Thread.make({ actors: [bot] }),
  rooms: Thread.make({ actors: [room], instances: 2 }),
  web: Thread.make({ actors: [feed] })
}
const storage = Storage.postgres({ url: Config.Redacted("DATABASE_URL") })
const good = { address: "10.0.0.7:7400", key: Redacted.make("a key that all machines share") }

const declare = (options: object, change: object = {}) =>
  make({ module: import.meta.url, threads, storage, cluster: Cluster.make({ ...good, ...options }), ...change })

const problems = (options: object, change: object = {}): ReadonlyArray<string> => {
  try {
    declare(options, change)
  } catch (error) {
    if (error instanceof InvalidSystem) return error.problems
    throw error
  }
  return []
}

describe("the cluster of a declaration", () => {
  it("Its thread stands between those that host keys and those that run once, which do not start with the system.", () => {
    const topology = declare({ spread: [Room], once: ["bot"] })
    assert.deepStrictEqual(
      topology.threads.map(({ name }) => name),
      ["heddle.storage", "rooms.1", "rooms.2", "web", "heddle.cluster", "bot"]
    )
    assert.deepStrictEqual([...topology.dormant ?? []], ["bot"])
    assert.strictEqual(topology.cluster?.failoverMillis, 3000)
  })

  it("On its own, as in a test, the system has all threads and no cluster.", () => {
    const topology = alone(declare({ spread: [Room], once: ["bot"] }))
    assert.deepStrictEqual(topology.threads.map(({ name }) => name), [
      "heddle.storage",
      "rooms.1",
      "rooms.2",
      "web",
      "bot"
    ])
    assert.isUndefined(topology.dormant)
    assert.isUndefined(topology.cluster)
  })

  it("A cluster needs a database that all machines reach, and the error has the line to write.", () => {
    const line = /^cluster: the machines meet in a database; write storage: Storage\.postgres\(\{ url: .*\}\)/
    assert.match(problems({}, { storage: undefined })[0] ?? "", line)
    assert.match(problems({}, { storage: Storage.sqlite("a.db") })[0] ?? "", /instead of Storage\.sqlite/)
  })

  it.each([
    [{ address: "10.0.0.7" }, /^cluster\.address: "10\.0\.0\.7" is no address such as "10\.0\.0\.7:7400"/],
    [{ address: "10.0.0.7:70000" }, /^cluster\.address: .* is no address/],
    [{ address: "999.1.1.1:7400" }, /^cluster\.address: "999\.1\.1\.1:7400" is no address/],
    [{ address: "http://a:7400" }, /^cluster\.address: "http:\/\/a:7400" is no address/],
    [{ address: "fd00::7:7400" }, /^cluster\.address: .* an IPv6 address is in brackets: "\[fd00::7\]:7400"/],
    [{ address: "[fd00::7::1]:7400" }, /^cluster\.address: .* is no address/],
    [
      { address: "0.0.0.0:7400" },
      /^cluster\.address: .* is no address that others can reach; write it as cluster\.listen/
    ],
    [{ address: "[::]:7400" }, /^cluster\.address: .* is no address that others can reach/],
    [{ listen: 7400 }, /^cluster\.listen: 7400 is no address/],
    [{ key: "short" }, /^cluster\.key: the secret of the machines is a text of at least 8 characters/],
    [{ failover: "1 second" }, /^cluster\.failover: "1 second" is not a duration of at least 2000 millis/],
    [{ once: "bot" }, /^cluster\.once: "bot" is not a list of threads/],
    [{ once: ["bots"] }, /^cluster\.once\[0\]: "bots" is no thread of the system; there are bot, rooms, web/],
    [{ once: ["web"] }, /^threads\.web\.actors: Feed\.Read is a stream, which can't cross machines/],
    [{ spread: [Bot] }, /^cluster\.spread\[0\]: Bot has no keys that could be spread/],
    [{ spread: [Room], once: ["rooms"] }, /^cluster\.spread\[0\]: Room is on thread "rooms", which runs once/],
    [{ spread: ["Room"] }, /^cluster\.spread\[0\]: "Room" is no actor of a thread of the system/],
    [{ address: undefined, port: 1 }, /^cluster\.port is not an option; the options are address, key/]
  ])("%o is refused with its path and value.", (options, line) => {
    assert.isTrue(problems(options).some((problem) => line.test(problem)), problems(options).join("\n"))
  })

  it("A machine may listen at all of its addresses.", () => {
    for (const listen of ["0.0.0.0:7400", "[::]:7400"]) assert.deepStrictEqual(problems({ listen }), [])
  })

  it("Something else than a cluster is refused.", () => {
    assert.match(problems({}, { cluster: { key: "a" } })[0] ?? "", /^cluster: .* is not a cluster; write Cluster\.make/)
  })

  it("Addresses may have names, and IPv6 in brackets; a Config is read later.", () => {
    for (const address of ["db.internal:1", "[::1]:7400", Config.String("HEDDLE_ADDRESS")]) {
      assert.deepStrictEqual(problems({ address }), [])
    }
  })
})
