import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { Dashboard } from "heddle/Dashboard"
import { pbkdf2 } from "node:crypto"
import { connect } from "node:net"
import { promisify } from "node:util"
import { follow, send } from "./client.ts"
import { makeWorld, start } from "./fakes.ts"

const derive = promisify(pbkdf2)

const messageOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "started"
  const error = Cause.squash(exit.cause)
  return error instanceof Error ? error.message : String(error)
}

describe("the server's start and end", () => {
  it.live("The server says its address once, and that it closed.", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { lines, url } = yield* Scope.provide(start(makeWorld()), scope)
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
      assert.deepStrictEqual(lines, [`dashboard at ${url}`])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(lines, [`dashboard at ${url}`, `dashboard at ${url} closed`])
    }))

  it.live("The server tells other actors its address.", () =>
    Effect.gen(function*() {
      const { behavior, url } = yield* start(makeWorld())
      const key = Dashboard.protocol.requests.get("Address")?.key ?? ""
      const { handler } = behavior.handlers.mapUnsafe.get(key)
      const address: Effect.Effect<unknown> = Reflect.apply(handler, undefined, [undefined, {}])
      assert.strictEqual(yield* address, url)
    }))

  it.live("The server names a port that is taken and the setting to change.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const { port } = new URL(url)
      const exit = yield* Effect.exit(start(makeWorld(), { PORT: port }))
      assert.strictEqual(
        messageOf(exit),
        `the web server can't listen on 127.0.0.1:${port}: port ${port} is taken by another program; stop that one, ` +
          `or choose another port with PORT=${Number(port) + 1} (PORT=0 takes any free one)`
      )
    }))

  it.live("The server answers the first request that reaches it, however slowly it starts.", () =>
    Effect.gen(function*() {
      const { port } = new URL((yield* Effect.scoped(start(makeWorld()))).url)
      const answer = yield* send(`http://127.0.0.1:${port}/livez`).pipe(
        Effect.catchDefect(() => Effect.fail("refused")),
        Effect.eventually,
        Effect.timeout("10 seconds"),
        Effect.forkChild
      )
      // Reading the page's files has to wait for these: Node does four such things at a time.
      const slow = Promise.all(Array.from({ length: 8 }, () => derive("", "", 200_000, 64, "sha512")))
      yield* start(makeWorld(), { PORT: port })
      assert.strictEqual((yield* Fiber.join(answer)).text, "ok\n")
      yield* Effect.promise(() => slow)
    }))

  it.live("The server refuses settings that can't work or are not safe.", () =>
    Effect.gen(function*() {
      const refused = (env: Record<string, string>) => Effect.map(Effect.exit(start(makeWorld(), env)), messageOf)
      assert.include(yield* refused({ PORT: "http" }), "PORT=http is not a port")
      assert.include(yield* refused({ PORT: "70000" }), "PORT=70000 is not a port")
      assert.include(yield* refused({ HOST: "0.0.0.0" }), "set HEDDLE_TOKEN")
      assert.include(yield* refused({ HOST: "0.0.0.0", HEDDLE_TOKEN: "" }), "set HEDDLE_TOKEN")
      assert.include(yield* refused({ HOST: "192.0.2.1", HEDDLE_TOKEN: "t" }), "change HOST")
      assert.strictEqual(yield* refused({ HOST: "0.0.0.0", HEDDLE_TOKEN: "t" }), "started")
    }))

  it.live("The server closes at once with pages, idle and half-sent connections open.", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const world = makeWorld()
      const { url } = yield* Scope.provide(start(world), scope)
      const pages = yield* Effect.all([follow(url), follow(url)])
      for (const page of pages) yield* page.until((frame) => frame.kind === "snapshot")
      const half = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof connect>>((resume) => {
          const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
            socket.write("POST /api/chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
            socket.write("Content-Length: 100\r\n\r\n{", () => resume(Effect.succeed(socket)))
          })
          socket.on("error", () => {})
        }),
        (socket) => Effect.sync(() => socket.destroy())
      )
      const started = performance.now()
      yield* Scope.close(scope, Exit.void)
      // The half-sent request alone might take 30 seconds more.
      assert.isBelow(performance.now() - started, 15_000)
      yield* Effect.all(pages.map((page) => page.ended))
      yield* Effect.callback<void>((resume) => {
        if (half.closed) resume(Effect.void)
        else half.once("close", () => resume(Effect.void))
      })
      const again = yield* Effect.exit(start(world, { PORT: new URL(url).port }))
      assert.strictEqual(messageOf(again), "started")
    }))

  it.live("The server sends the page's files, and 304 to browsers that have them.", () =>
    Effect.gen(function*() {
      const { url } = yield* start(makeWorld())
      const page = yield* send(`${url}/`)
      assert.include(page.text, "dashboard.js")
      const seen = new Set<string>()
      const visit = Effect.fnUntraced(function*(path: string): Effect.fn.Return<void> {
        if (seen.has(path)) return
        seen.add(path)
        const file = yield* send(`${url}/${path}`)
        assert.strictEqual(file.status, 200, path)
        for (const [, next] of file.text.matchAll(/from "\.\/([a-z]+\.js)"/g)) yield* visit(next ?? "")
      })
      for (const [, path] of page.text.matchAll(/(?:href|src)="([a-z.]+\.(?:js|css|svg))"/g)) yield* visit(path ?? "")
      yield* visit("docs")
      yield* visit("docs.js")
      assert.isAtLeast(seen.size, 12)
      const etag = String(page.headers["etag"])
      assert.strictEqual((yield* send(`${url}/`, { headers: { "if-none-match": etag } })).status, 304)
      assert.strictEqual((yield* send(`${url}/nothing`)).text, "There is nothing at this address.\n")
    }))
})
