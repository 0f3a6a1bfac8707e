/** Machines on hosts of their own, with a network between them that fails in each way. */
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { performance } from "node:perf_hooks"
import * as hosts from "../threads/hosts.ts"
import { type Answer, keys, type Machine, make, overlapMillis, placesOf, spread } from "../threads/machines.ts"
import * as postgres from "../threads/postgres.ts"
import * as traffic from "../threads/traffic.ts"

const bin = postgres.binaries()
const refusal = bin === undefined ? "there is no Postgres" : hosts.refusal()
const port = 7400

/** How often each machine sends a message. */
const everyMillis = 10

/** Longer than the default: on a busy computer a machine that has nothing wrong may not answer for seconds. */
const failover = { FAILOVER: "8000" }

/** A machine that is put out tries for 10 seconds each time to come back. */
const patience = { timeout: 590_000 }

describe.skipIf(refusal !== undefined)(
  `a cluster on hosts of its own${refusal === undefined ? "" : `, which can't be made here (${refusal})`}`,
  patience,
  () => {
    let network: hosts.Hosts | undefined
    let server: Awaited<ReturnType<typeof postgres.make>> | undefined
    let machines: ReturnType<typeof make> | undefined
    const cluster = () => {
      if (machines === undefined) throw new Error("there are no machines")
      return machines
    }
    const net = () => {
      if (network === undefined) throw new Error("there is no network")
      return network
    }
    beforeAll(async () => {
      network = hosts.make(["a", "b", "c", "db"])
      server = await postgres.make(bin ?? "", network.database)
    })
    beforeEach(() => {
      machines = make(server?.url ?? "")
    })
    afterEach(async () => {
      net().heal()
      await machines?.end()
    })
    afterAll(async () => {
      await server?.remove()
      network?.remove()
    })

    const start = (host: hosts.Host): Promise<Machine> =>
      cluster().start(host, { ...failover, HEDDLE_ADDRESS: `${hosts.addressOf(host)}:${port}` }, {
        inside: net().inside(host)
      })

    /** Completes when one of the machines holds everything, the bot as well. Returns its name. */
    const oneHoldsAll = async (machines: Readonly<Record<string, Machine>>): Promise<string> => {
      const isOn = (name: string) => ({ error, value }: Answer): boolean =>
        error === undefined && (value === name || Reflect.get(Object(value), "machine") === name)
      for (;;) {
        for (const [name, asked] of Object.entries(machines)) {
          const answers = await Promise.all([
            asked.order("who", { millis: 2000 }),
            ...keys.map((key) => asked.order("add", { key, id: `all ${key}`, millis: 2000 }))
          ])
          if (answers.every(isOn(name))) return name
        }
      }
    }

    /** Has something happen to a cluster that is busy, until `isOver`, and checks what became of its messages. */
    const under = async (
      busy: Readonly<Record<string, Machine>>,
      what: string,
      fault: () => void,
      isOver: () => Promise<string>
    ): Promise<void> => {
      const messages = traffic.begin(busy, everyMillis)
      const since = performance.now()
      fault()
      const left = await isOver()
      const millis = Math.round(performance.now() - since)
      net().heal()
      for (const machine of Object.values(busy)) await spread(machine, Object.keys(busy).length)
      const sent = await messages.stop()
      await cluster().until((lines) => traffic.isDone(sent, lines))
      const lines = cluster().journal()
      const found = traffic.check(sent, lines)
      traffic.checkFences(lines)
      process.stdout.write(`${what}: ${left} after ${millis} ms; ${JSON.stringify(found)}\n`)
      assert.deepStrictEqual(traffic.strays(lines), [], what)
      assert.strictEqual(overlapMillis(lines), 0, what)
      assert.isAbove(found.accepted, 0, what)
    }

    it("N2, N3, N4, N6: However the network between machines fails, each key is held once, and no message is lost.", async () => {
      const a = await start("a")
      await a.ready

      // Others can't reach a machine at the address that it declares.
      const stranded = { HEDDLE_ADDRESS: `10.213.77.2:${port}`, HEDDLE_LISTEN: `0.0.0.0:${port}` }
      const wrong = await cluster().start("b", stranded, { inside: net().inside("b") })
      assert.strictEqual(await wrong.ended, 1)
      assert.match(
        wrong.complaints,
        /can't take part in its cluster: machine 10\.213\.1\.2:7400 can't connect to this one at 10\.213\.77\.2:7400/
      )

      const b = await start("b")
      await b.ready
      await spread(a)
      const two = { a, b }
      const oneOfTwo = (): Promise<string> => oneHoldsAll(two)
      await under(two, "cut from each other", () => net().cut("a", "b"), oneOfTwo)
      await under(two, "cut in one direction", () => net().drop("b", "a"), oneOfTwo)
      await under(two, "can't be connected to", () => net().drop("b", "a", port), oneOfTwo)
      await under(two, "cut off from the database", () => net().cut("a", "db"), oneOfTwo)
      await under(two, "cut off from everything", () => {
        net().cut("b", "db")
        net().cut("b", "a")
      }, oneOfTwo)

      // Of three machines those two stay that still reach each other.
      const c = await start("c")
      await c.ready
      await spread(a, 3)
      const twoOfThree = async (): Promise<string> => {
        for (;;) {
          const found = new Set([...(await placesOf(b)).values(), ...(await placesOf(c)).values()])
          if (found.has("b") && found.has("c") && found.size === 2) return "b and c"
        }
      }
      await under({ a, b, c }, "one of three cut from both", () => {
        net().cut("a", "b")
        net().cut("a", "c")
      }, twoOfThree)
    })
  }
)
