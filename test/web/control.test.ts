import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { post, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

describe("the control API", () => {
  it.live("lists the threads", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const { url } = yield* start(world)
      const { text } = yield* send(`${url}/api/threads`)
      assert.deepStrictEqual(JSON.parse(text), world.threads)
    }))

  it.live("passes orders on and answers when they are carried out", () =>
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

  it.live("answers before it restarts its own thread", () =>
    Effect.gen(function*() {
      const world = makeWorld()
      const ordered = yield* Deferred.make<string>()
      world.onOrder = (order) => Effect.andThen(Deferred.succeed(ordered, order), Effect.never)
      const { url } = yield* start(world)
      const answer = yield* send(`${url}/api/threads/web/restart`, { method: "POST" })
      assert.deepStrictEqual(JSON.parse(answer.text), { thread: "web", done: false })
      assert.strictEqual(yield* Deferred.await(ordered), "restart web")
    }))

  it.live("says what is wrong with an order", () =>
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
          assert.strictEqual(status, 404, `a change needs POST, not ${method}`)
        }
      }
      assert.strictEqual((yield* post(`${url}/api/chat`, { author: "you", content: "x".repeat(100_000) })).status, 413)
      world.supervisor = "fails"
      const silent = yield* send(`${url}/api/threads`)
      assert.strictEqual(silent.status, 503)
      assert.include(JSON.parse(silent.text).detail, "System.threads")
      assert.deepStrictEqual(world.orders, [])
    }))

  it.live("says things in the sandbox", () =>
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

  it.live("describes itself", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const document = JSON.parse((yield* send(`${url}/api/openapi.json`)).text)
      assert.deepStrictEqual(Object.keys(document.paths).sort(), [
        "/api/chat",
        "/api/threads",
        "/api/threads/{name}/drill",
        "/api/threads/{name}/restart",
        "/api/threads/{name}/start",
        "/api/threads/{name}/stop"
      ])
      assert.hasAllKeys(document.paths["/api/threads/{name}/stop"].post.responses, ["200", "404", "503"])
    }))
})
