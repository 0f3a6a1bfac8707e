/** Machines on hosts of their own, with a network between them that fails in each way. */
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { performance } from "node:perf_hooks"
import * as hosts from "./hosts.ts"
import { type Answer, keys, type Machine, make, overlapMillis, placesOf, spread } from "./machines.ts"
import * as postgres from "./postgres.ts"
import * as traffic from "./traffic.ts"

const bin = postgres.binaries()
const refusal = bin === undefined ? "there is no Postgres" : hosts.refusal()
const port = 7400

/** How often each machine sends a message. */
const everyMillis = 10

/** Longer than the default: on a busy computer a machine that has nothing wrong may not answer for seconds. */
const failover = { FAILOVER: "6000" }

/** How long a machine that stays out may take to say so: its way back in is tried for 10 seconds. */
const patience = { timeout: 240_000 }

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

    /** Machines that all hold keys, in the order in which they have come. */
    const all = async <Name extends hosts.Host>(names: ReadonlyArray<Name>): Promise<Record<Name, Machine>> => {
      const started: Partial<Record<Name, Machine>> = {}
      for (const name of names) {
        const machine = await start(name)
        await machine.ready
        started[name] = machine
      }
      const complete = (found: Partial<Record<Name, Machine>>): found is Record<Name, Machine> =>
        names.every((name) => found[name] !== undefined)
      if (!complete(started)) throw new Error("a machine is missing")
      await Promise.all(names.map((name) => spread(started[name], names.length)))
      return started
    }

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
    ): Promise<string> => {
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
      assert.deepStrictEqual(traffic.strays(lines), [])
      assert.strictEqual(overlapMillis(lines), 0)
      assert.isAbove(found.accepted, 0)
      return left
    }

    it("N2, N3, N6: Of two machines that reach their database and not each other, one holds everything until they do.", async () => {
      const { a, b } = await all(["a", "b"])
      await under({ a, b }, "cut from each other", () => net().cut("a", "b"), () => oneHoldsAll({ a, b }))
    })

    it("N2, N3, N6: What is sent in one direction only is lost: one machine holds everything.", async () => {
      const { a, b } = await all(["a", "b"])
      await under({ a, b }, "cut in one direction", () => net().drop("b", "a"), () => oneHoldsAll({ a, b }))
    })

    it("N2, N3, N6: A machine that reaches the others, and can't be reached by them, stays out until it can.", async () => {
      const { a, b } = await all(["a", "b"])
      await under({ a, b }, "can't be connected to", () => net().drop("b", "a", port), () => oneHoldsAll({ a, b }))
    })

    it("N2, N3, N6: A machine that is cut off from the database leaves, before another one holds what it held.", async () => {
      const { a, b } = await all(["a", "b"])
      const { value } = await a.order("who")
      const [lost, other] = value === "a" ? (["a", "b"] as const) : (["b", "a"] as const)
      const left = await under(
        { a, b },
        "cut off from the database",
        () => net().cut(lost, "db"),
        () => oneHoldsAll({ a, b })
      )
      assert.strictEqual(left, other)
    })

    it("N2, N3, N6: A machine that is cut off from everything leaves, before another one holds what it held.", async () => {
      const { a, b } = await all(["a", "b"])
      const { value } = await a.order("who")
      const [lost, other] = value === "a" ? (["a", "b"] as const) : (["b", "a"] as const)
      const left = await under({ a, b }, "cut off from everything", () => {
        net().cut(lost, "db")
        net().cut(lost, other)
      }, () => oneHoldsAll({ a, b }))
      assert.strictEqual(left, other)
    })

    it("N3: Of three machines those stay that still reach each other, and not the one that reaches nobody.", async () => {
      const { a, b, c } = await all(["a", "b", "c"])
      const isOver = async (): Promise<string> => {
        for (;;) {
          const found = new Set([...(await placesOf(b)).values(), ...(await placesOf(c)).values()])
          if (found.has("b") && found.has("c") && found.size === 2) return "b and c"
        }
      }
      await under({ a, b, c }, "one of three cut from both", () => {
        net().cut("a", "b")
        net().cut("a", "c")
      }, isOver)
    })

    it("N4: A machine that the others can't reach at its address does not start, and says so.", async () => {
      const { a } = await all(["a"])
      const wrong = await cluster().start(
        "b",
        { HEDDLE_ADDRESS: `10.213.77.2:${port}`, HEDDLE_LISTEN: "0.0.0.0:7400" },
        {
          inside: net().inside("b")
        }
      )
      assert.strictEqual(await wrong.ended, 1)
      assert.match(
        wrong.complaints,
        /can't take part in its cluster: machine 10\.213\.1\.2:7400 can't connect to this one at 10\.213\.77\.2:7400/
      )
      assert.isUndefined((await a.order("add", { key: "still", id: "there" })).error)
    })
  }
)
