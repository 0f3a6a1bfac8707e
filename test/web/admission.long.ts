/** Health is answered within a second, whatever else is connected. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { spawn } from "node:child_process"
import { connect } from "node:net"
import { fileURLToPath } from "node:url"
import { type Connection, leastUsed, limits, surplus, type Use } from "../../src/dashboard/admission.ts"
import { follow, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

const connection = (use: Use, sinceMillis: number, network = "10.0.0.1"): Connection => ({ use, sinceMillis, network })
const many = (count: number, make: (n: number) => Connection) => Array.from({ length: count }, (_, n) => make(n))

describe("which connections are closed", () => {
  it("The oldest unused connections of a client that has too many are closed.", () => {
    const idle = many(limits.perNetwork + 2, (n) => connection("idle", n))
    assert.deepStrictEqual([...surplus(idle, 10_000)], idle.slice(0, 2))
    const others = many(limits.perNetwork, (n) => connection("idle", n, "10.0.0.2"))
    assert.deepStrictEqual([...surplus([...others, ...idle], 10_000)], idle.slice(0, 2))
    assert.deepStrictEqual([...surplus(idle.slice(2), 10_000)], [])
  })

  it("Unused connections are closed before half-sent before unread ones, and none that is served.", () => {
    const mixed = [
      connection("serving", 0),
      connection("unread", 1),
      connection("receiving", 2),
      connection("idle", 3),
      ...many(limits.perNetwork - 1, () => connection("serving", 4))
    ]
    assert.deepStrictEqual([...surplus(mixed, 10_000)].map(({ use }) => use), ["idle", "receiving", "unread"])
  })

  it("No connection that was just opened is closed.", () => {
    const fresh = many(limits.total * 2, () => connection("idle", 10_000))
    assert.strictEqual(surplus(fresh, 10_000 + limits.graceMillis - 1).size, 0)
    assert.strictEqual(surplus(fresh, 10_000 + limits.graceMillis).size, fresh.length - limits.perNetwork)
  })

  it("Connections of many clients together, and of a proxy, are closed when there are too many in all.", () => {
    const spread = many(limits.total + 5, (n) => connection("idle", n, `10.0.${n >> 8}.${n & 255}`))
    assert.deepStrictEqual([...surplus(spread, 10_000)], spread.slice(0, 5))
    const proxied = many(limits.total + 5, (n) => ({ ...connection("idle", n), network: undefined }))
    assert.strictEqual(surplus(proxied, 10_000).size, 5)
    assert.strictEqual(surplus(proxied.slice(5), 10_000).size, 0)
  })

  it("One connection is closed for each new one when there are as many as there can be.", () => {
    const full = many(limits.most, (n) => connection("serving", n))
    assert.isUndefined(leastUsed(full))
    assert.strictEqual(leastUsed([...full, connection("serving", 99_999)]), full[0])
    const idle = connection("idle", 99_999)
    assert.strictEqual(leastUsed([...full, idle]), idle)
  })
})

/** Has another process open connections and say something on each; they stay open until the scope ends. */
const attack = Effect.fnUntraced(function*(url: string, count: number, addresses: "one" | "many", text: string) {
  const script = fileURLToPath(new URL("attacker.ts", import.meta.url))
  const attacker = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, [script, new URL(url).port, String(count), addresses, text])),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  yield* Effect.callback<void>((resume) => void attacker.stdout.once("data", () => resume(Effect.void)))
})

const head = "Host: localhost\r\n"
const attacks: Readonly<Record<string, string>> = {
  "idle connections": "",
  "trickled headers": `GET /livez HTTP/1.1\r\n${head}X-Slow: `,
  "trickled bodies":
    `POST /api/chat HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{`,
  "unread event streams": `GET /api/events HTTP/1.1\r\n${head}\r\n`,
  "unread large answers": `GET /preact.js HTTP/1.1\r\n${head}\r\n`.repeat(8)
}

describe("/livez", () => {
  for (const [what, text] of Object.entries(attacks)) {
    for (const whose of ["one", "many"] as const) {
      it.live(`/livez answers within a second during 2000 ${what} of ${whose} ${whose === "one" ? "address" : "addresses"}.`, () =>
        Effect.gen(function*() {
          const { url } = yield* start(makeWorld())
          const attacked = yield* Effect.forkScoped(attack(url, 2000, whose, text))
          const millis: Array<number> = []
          const probe = Effect.map(send(`${url}/livez`), (answer) => {
            assert.deepStrictEqual([answer.status, answer.text], [200, "ok\n"])
            millis.push(answer.millis)
          })
          // While they are opened, right after, and when the oldest begin to be closed.
          yield* Effect.raceFirst(Fiber.join(attacked), Effect.forever(probe))
          for (let n = 0; n < 50; n++) yield* probe
          // The machine that runs the tests may itself stand still for a moment; a client that was turned away fails above.
          const sorted = millis.toSorted((a, b) => a - b)
          assert.isBelow(sorted[Math.floor(sorted.length * 0.9)] ?? Infinity, 1000)
        }))
    }
  }

  it.live("The server closes what is not used, and keeps an open page.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const page = yield* follow(url)
      yield* page.until(() => true)
      const idle = Array.from({ length: 200 }, () => connect(Number(new URL(url).port), "127.0.0.1").resume())
      const closed = Effect.callback<void>((resume) => {
        const look = (): void => {
          if (idle.filter((socket) => !socket.destroyed).length < limits.perNetwork) resume(Effect.void)
        }
        for (const socket of idle) socket.once("close", look)
      })
      yield* Effect.timeout(closed, "10 seconds")
      idle.forEach((socket) => socket.destroy())
      world.push({ _tag: "Stopping", atMillis: 0, why: "a test" })
      assert.strictEqual((yield* page.until(() => true)).kind, "delta")
    }))
})
