/** `heddle/Dashboard`, as somebody declares it in a system of their own. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Dashboard from "heddle/Dashboard"
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { launch } from "../cli/launching.ts"
import { type Answer, follow, post, send } from "../web/client.ts"
import { makeWorld, startWith } from "../web/fakes.ts"

const bearer = { headers: { authorization: "Bearer secret" } }

const messageOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "started"
  const error = Cause.squash(exit.cause)
  return error instanceof Error ? error.message : String(error)
}

const panel: Dashboard.Panel = {
  name: "orders",
  files: { "/orders.js": Effect.succeed(Buffer.from("export default () => null")) },
  script: "/orders.js",
  fields: { orders: Dashboard.state(() => ["one"]) },
  checks: () => [{ name: "stock", ok: false, detail: "nothing is left" }],
  health: { stock: Effect.succeed({ checks: [{ name: "stock", ok: false, detail: "nothing is left" }] }) },
  routes: HttpRouter.add("GET", "/api/orders", HttpServerResponse.text("one"))
}

describe("heddle/Dashboard", () => {
  it.live(
    "W1: A system that declares Dashboard.actor has health, metrics, the control API and the page, on loopback.",
    () =>
      Effect.gen(function*() {
        const heddle = yield* launch(["start", "dashboard/config.ts"], { env: { PORT: "0", HEDDLE_LOG: "text" } })
        const url = /(http:\S+)/.exec(yield* heddle.line(/dashboard at http:/))?.[1] ?? ""
        assert.match(url, /^http:\/\/127\.0\.0\.1:/)
        yield* heddle.line(/thread "rooms" #1 is ready/)
        // What the dashboard shows of threads may be 200 ms old.
        const becomes = (path: string, isSo: (answer: Answer) => boolean) =>
          Effect.repeat(send(`${url}${path}`), { until: isSo, schedule: Schedule.spaced("50 millis") })
        yield* becomes("/readyz", ({ status }) => status === 200)
        const statuses = yield* Effect.forEach(
          [
            "/livez",
            "/readyz",
            "/healthz",
            "/metrics",
            "/",
            "/preact.js",
            "/keys.js",
            "/docs",
            "/api/threads",
            "/api/openapi.json"
          ],
          (path) => Effect.map(send(`${url}${path}`), ({ status }) => status)
        )
        assert.deepStrictEqual([...new Set(statuses)], [200])
        assert.include((yield* send(`${url}/metrics`)).text, `heddle_actor_up{thread="greeting",actor="Greeter"} 1`)
        const rooms = `${url}/api/actors/Room`
        const order = (path: string, body: object) => post(`${rooms}/${path}`, body)
        for (const key of ["lobby", "garden", "attic"]) yield* order("call", { message: "Enter", key })
        assert.strictEqual((yield* order("keys", { key: "attic", order: "stop" })).status, 200)
        assert.strictEqual((yield* order("keys", { key: "cellar", order: "wake" })).status, 200)
        const listed = JSON.parse((yield* send(`${rooms}/keys?search=ar`)).text)
        assert.strictEqual(listed.count, 3)
        assert.deepStrictEqual(listed.keys, [
          { key: "cellar", state: "open", waiting: 0, running: 0, failures: 0 },
          { key: "garden", state: "open", waiting: 0, running: 0, failures: 0 }
        ])
        assert.strictEqual((yield* send(`${url}/api/actors/Greeter/keys`)).status, 422)
        assert.strictEqual((yield* send(`${url}/api/actors/Nobody/keys`)).status, 422)
        yield* becomes(
          "/metrics",
          ({ text }) => text.includes(`heddle_actor_keys_awake{thread="rooms",actor="Room"} 3`)
        )
        assert.strictEqual((yield* send(url, { headers: { host: "evil.example" } })).status, 421)
        const foreign = { method: "POST", headers: { origin: "http://evil.example" } }
        assert.strictEqual((yield* send(`${url}/api/threads/greeting/restart`, foreign)).status, 403)
        const restarted = yield* send(`${url}/api/threads/greeting/restart`, { method: "POST" })
        assert.deepStrictEqual(JSON.parse(restarted.text), { thread: "greeting", done: true })
        yield* heddle.line(/thread "greeting" #2 is ready/)
        yield* heddle.signal("SIGTERM")
        assert.strictEqual((yield* heddle.ended).code, 0)
      }),
    180_000
  )

  it.live("W1: What is set in code is not read from the environment.", () =>
    Effect.gen(function*() {
      const token = Redacted.make("secret")
      const { url } = yield* startWith({ port: 0, host: "localhost", token }, makeWorld(), {
        PORT: "x",
        HOST: "192.0.2.1"
      })
      assert.strictEqual((yield* send(`${url}/api/threads`)).status, 401)
      assert.strictEqual((yield* send(`${url}/api/threads`, bearer)).status, 200)
      const open = startWith({ host: "0.0.0.0", hosts: ["box"] }, makeWorld())
      assert.include(messageOf(yield* Effect.exit(open)), "a token is needed")
      const proxies = startWith({ proxies: ["10.0.0.0/99"] }, makeWorld())
      assert.include(messageOf(yield* Effect.exit(proxies)), `"10.0.0.0/99" is neither an address nor a network`)
      const port = startWith({ port: 1.5 }, makeWorld())
      assert.include(messageOf(yield* Effect.exit(port)), "1.5 is not a port")
    }))

  it("W1: Neither heddle nor heddle/Dashboard loads an HTTP server; only the thread that hosts it does.", () => {
    const loadedBy = (...names: ReadonlyArray<string>): ReadonlyArray<string> => {
      const fixture = fileURLToPath(new URL("../fixtures/dashboard/imports.ts", import.meta.url))
      return JSON.parse(execFileSync(process.execPath, [fixture, ...names], { encoding: "utf8" }))
    }
    assert.deepStrictEqual(loadedBy("heddle", "heddle/System").filter((url) => url.includes("/src/dashboard/")), [])
    const loaded = loadedBy("heddle", "heddle/Dashboard")
    assert.isTrue(loaded.some((url) => url.endsWith("/src/dashboard/actor.ts")))
    assert.deepStrictEqual(loaded.filter((url) => /HttpServer|HttpRouter|platform-node|dashboard\/serve/.test(url)), [])
  })

  it.live("W2: A panel adds a file, data, a check, a health address and a route, which are guarded as the page's own.", () =>
    Effect.gen(function*() {
      const token = Redacted.make("secret")
      const { url } = yield* startWith({ port: 0, token }, makeWorld(), {}, [panel])
      const status = (path: string, options = {}) =>
        Effect.map(send(`${url}${path}`, options), (answer) => answer.status)
      assert.strictEqual(yield* status("/orders.js"), 200)
      assert.strictEqual(yield* status("/health/stock"), 503)
      assert.strictEqual(yield* status("/api/orders"), 401)
      assert.strictEqual((yield* send(`${url}/api/orders`, bearer)).text, "one")
      assert.include((yield* send(`${url}/readyz`)).text, "stock: nothing is left")
      const page = yield* follow(url, bearer.headers)
      const first: object = yield* page.until(() => true)
      assert.deepInclude(first, { orders: ["one"], notReady: ["stock"] })
      assert.deepInclude(first, { panels: [{ name: "orders", script: "/orders.js", styles: [], lists: {} }] })
    }))

  it.live("W2: A panel that claims what is taken, or names a file that it lacks, is refused with its name.", () =>
    Effect.gen(function*() {
      const refused = (...panels: ReadonlyArray<Dashboard.Panel>) =>
        Effect.map(Effect.exit(startWith({ port: 0 }, makeWorld(), {}, panels)), messageOf)
      const file = Effect.succeed(new Uint8Array())
      assert.include(yield* refused(panel, panel), `the panel "orders" is there twice`)
      assert.include(yield* refused(panel, { ...panel, name: "more" }), "the file /orders.js is there twice")
      assert.include(yield* refused({ name: "a", files: { "/preact.js": file } }), "the file /preact.js is there twice")
      assert.include(
        yield* refused({ name: "a", fields: { threads: Dashboard.state(() => 1) } }),
        "the field threads is there twice"
      )
      assert.include(yield* refused({ name: "a", script: "/a.js" }), "/a.js, which it does not have")
      assert.include(yield* refused({ name: "A" }), `the name "A"`)
      assert.include(yield* refused({ name: "a", files: { "/../x.js": file } }), "has the file /../x.js")
      assert.strictEqual(yield* refused({ name: "a", routes: Layer.empty }), "started")
    }))
})
