import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { post, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

describe("the control API", () => {
  it.live("The control API lists the threads.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const { text } = yield* send(`${url}/api/threads`)
      assert.deepStrictEqual(JSON.parse(text), world.threads)
    }))

  it.live("The control API passes orders on and answers when they are carried out.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const done = { thread: "bot", done: true }
      for (const what of ["restart", "stop", "start"]) {
        const answer = yield* send(`${url}/api/threads/bot/${what}`, { method: "POST" })
        assert.deepStrictEqual(JSON.parse(answer.text), done)
      }
      assert.deepStrictEqual(JSON.parse((yield* post(`${url}/api/threads/bot/drill`, { how: "spin" })).text), done)
      assert.deepStrictEqual(world.orders, ["restart bot", "stop bot", "start bot", "drill spin bot"])
    }))

  it.live("The control API answers before it restarts its own thread.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const ordered = yield* Deferred.make<string>()
      world.onOrder = (order) => Effect.andThen(Deferred.succeed(ordered, order), Effect.never)
      const { url } = yield* start(world)
      const answer = yield* send(`${url}/api/threads/web/restart`, { method: "POST" })
      assert.deepStrictEqual(JSON.parse(answer.text), { thread: "web", done: false })
      assert.strictEqual(yield* Deferred.await(ordered), "restart web")
    }))

  it.live("The control API says what is wrong with an order.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const unknown = yield* send(`${url}/api/threads/nobody/stop`, { method: "POST" })
      assert.strictEqual(unknown.status, 404)
      assert.deepStrictEqual(JSON.parse(unknown.text), {
        _tag: "UnknownThread",
        name: "nobody",
        known: ["scraper", "bot", "web"]
      })
      const drill = yield* post(`${url}/api/threads/bot/drill`, { how: "explode" })
      assert.strictEqual(drill.status, 400)
      assert.include(drill.text, `"throw" | "exit" | "oom" | "spin"`)
      for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        for (const order of ["restart", "stop", "start", "drill"]) {
          const { status } = yield* send(`${url}/api/threads/bot/${order}`, { method })
          assert.strictEqual(status, 405, `a change needs POST, not ${method}`)
        }
      }
      assert.strictEqual((yield* post(`${url}/api/chat`, { author: "you", content: "x".repeat(100_000) })).status, 413)
      world.supervisor = "fails"
      const silent = yield* send(`${url}/api/threads`)
      assert.strictEqual(silent.status, 503)
      assert.include(JSON.parse(silent.text).detail, "System.threads")
      assert.deepStrictEqual(world.orders, [])
    }))

  it.live("The control API says things in the sandbox.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const said = yield* post(`${url}/api/chat`, { author: "you", content: "/health" })
      assert.strictEqual(JSON.parse(said.text).content, "/health")
      assert.strictEqual(world.transcript[0]?.author, "you")
      assert.strictEqual((yield* post(`${url}/api/chat`, { author: "", content: "hi" })).status, 400)
      world.sandbox = "fails"
      const failed = yield* post(`${url}/api/chat`, { author: "you", content: "hi" })
      assert.strictEqual(failed.status, 503)
      assert.include(JSON.parse(failed.text).detail, "DiscordSandbox.Say: the actor was still restarting")
    }))

  it.live("The control API describes itself in a document that `redocly lint` finds no error in.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const { text } = yield* send(`${url}/api/openapi.json`)
      const document = JSON.parse(text)
      assert.deepStrictEqual(Object.keys(document.paths).sort(), [
        "/api/actors",
        "/api/actors/{name}/call",
        "/api/actors/{name}/inspection",
        "/api/actors/{name}/keys",
        "/api/chat",
        "/api/chat/press",
        "/api/chat/react",
        "/api/dead-letters",
        "/api/dead-letters/drop",
        "/api/dead-letters/repeat",
        "/api/events",
        "/api/history",
        "/api/logs",
        "/api/machines",
        "/api/openapi.json",
        "/api/post-mortems",
        "/api/settings",
        "/api/threads",
        "/api/threads/{name}/drill",
        "/api/threads/{name}/heap",
        "/api/threads/{name}/profile",
        "/api/threads/{name}/restart",
        "/api/threads/{name}/start",
        "/api/threads/{name}/stop",
        "/health/discord",
        "/healthz",
        "/livez",
        "/metrics",
        "/readyz"
      ])
      assert.hasAllKeys(
        document.paths["/api/threads/{name}/stop"].post.responses,
        ["200", "401", "403", "404", "409", "421", "429", "503"]
      )
      assert.containsAllKeys(document.paths["/api/chat"].post.responses, ["400", "401", "413", "429"])
      assert.isNotEmpty(document.servers)
      for (const item of Object.values<Record<string, { summary?: string; security?: unknown }>>(document.paths)) {
        for (const operation of Object.values(item)) {
          assert.isNotEmpty(operation.summary)
          assert.isArray(operation.security)
        }
      }
      const linted = yield* lint(text)
      assert.strictEqual(linted.status, 0, `${linted.stdout}${linted.stderr}`)
    }))

  it.live("The control API answers a wrong method on a known path with 405 and what it takes.", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const wrong: ReadonlyArray<readonly [method: string, path: string, allow: string]> = [
        ["GET", "/api/threads/bot/stop", "POST"],
        ["DELETE", "/api/threads", "GET, HEAD"],
        ["PUT", "/api/chat", "POST"],
        ["POST", "/livez", "GET, HEAD"],
        ["POST", "/metrics?x=1", "GET, HEAD"],
        ["PATCH", "/", "GET, HEAD"],
        ["OPTIONS", "/api/events", "GET, HEAD"],
        ["POST", "/dashboard.js", "GET, HEAD"],
        ["DELETE", "/api/openapi.json", "GET, HEAD"]
      ]
      for (const [method, path, allow] of wrong) {
        const answer = yield* send(`${url}${path}`, { method })
        assert.deepStrictEqual([answer.status, answer.headers["allow"]], [405, allow], `${method} ${path}`)
      }
      for (const path of ["/nothing", "/api", "/api/threads/bot/explode", "/livez/deep", "/api/threads//stop"]) {
        for (const method of ["GET", "POST", "DELETE"]) {
          assert.strictEqual((yield* send(`${url}${path}`, { method })).status, 404, `${method} ${path}`)
        }
      }
      assert.strictEqual((yield* send(`${url}/api/threads/%E0%A4%A/stop`, { method: "POST" })).status, 404)
      assert.strictEqual((yield* send(`${url}/livez`, { method: "HEAD" })).status, 200)
      assert.deepStrictEqual(world.orders, [])
    }))
})

/** Runs `redocly lint` on a document, without its telemetry and its look for updates. */
const lint = (document: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-openapi-"))),
    (folder) =>
      Effect.sync(() => {
        writeFileSync(join(folder, "openapi.json"), document)
        const redocly = createRequire(import.meta.url).resolve("@redocly/cli/package.json")
        return spawnSync(process.execPath, [join(redocly, "../bin/cli.js"), "lint", "openapi.json"], {
          cwd: folder,
          encoding: "utf8",
          env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", CI: "true" }
        })
      }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
