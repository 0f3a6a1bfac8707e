/** The socket of a simulated system, in this process. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Control } from "heddle"
import * as Testing from "heddle/Testing"
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as run from "../../src/main/run.ts"
import * as card from "../../src/socket/card.ts"
import { ask } from "../../src/socket/client.ts"
import { Events, Restart, Status } from "../../src/socket/request.ts"
import { listen } from "../../src/socket/server.ts"
import config from "../fixtures/operating/config.ts"

const folder = mkdtempSync(join(tmpdir(), "heddle-socket-"))
const before = process.env["XDG_RUNTIME_DIR"]
const own = { platform: process.platform, runtimeDir: folder, temporary: folder, user: process.getuid?.() ?? "" }

beforeAll(() => {
  process.env["XDG_RUNTIME_DIR"] = folder
})
afterAll(() => {
  if (before === undefined) delete process.env["XDG_RUNTIME_DIR"]
  else process.env["XDG_RUNTIME_DIR"] = before
  rmSync(folder, { recursive: true })
})

/** The systems of this process. */
const mine = Effect.map(
  Effect.promise(() => card.list(own)),
  (cards) => cards.filter(({ pid, socket }) => pid === process.pid && socket.startsWith(folder))
)

const silent = Logger.layer([])

describe("The socket of a simulated system", () => {
  it.effect(
    "C5: The socket is there only if it is asked for, answers while the test's clock stands still, and goes with the layer.",
    () =>
      Effect.gen(function*() {
        yield* Effect.provide(Effect.map(mine, (cards) => assert.lengthOf(cards, 0)), [Testing.layer(config), silent])
        yield* Effect.gen(function*() {
          const [found] = yield* mine
          if (found === undefined) return assert.fail("it does not listen")
          const views = yield* Stream.runCollect(ask(found, Status, { everyMillis: 50, times: 3 }))
          assert.deepStrictEqual(
            views.map(({ threads }) => threads.map(({ name }) => name)),
            [1, 2, 3].map(() => ["desk", "hall"])
          )
          yield* Stream.runDrain(ask(found, Restart, { name: "hall" }))
          const events = yield* Stream.runCollect(ask(found, Events, { follow: false }))
          assert.includeMembers(events.map(({ _tag }) => _tag), ["ThreadStarted", "ThreadExited"])
          const error = yield* Effect.flip(Stream.runDrain(ask(found, Restart, { name: "nope" })))
          assert.deepInclude(error, { _tag: "Failed", kind: "wrong" })
        }).pipe(Effect.provide([Testing.layer(config, { control: Control.socket }), silent]))
        assert.lengthOf(yield* mine, 0)
      }),
    20_000
  )

  it.live("C4: A system that can't listen warns, says what to do, and runs.", () => {
    const lines: Array<string> = []
    const logger = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])
    // Nobody's number here, so that the last folder belongs to another user.
    const user = 1_234_567
    const long = join(folder, "x".repeat(110))
    const shared = join("/tmp", `heddle-${user}`)
    return Effect.gen(function*() {
      const running = yield* run.make(config)
      yield* listen(config.topology, running, { platform: "linux", runtimeDir: long, temporary: long, user })
      assert.deepStrictEqual(lines, [
        "the heddle command can't reach this system, which runs all the same: " +
        `${long}/heddle is too long for the path of a socket; ${long}/heddle-${user} is too long for the path of a socket; ` +
        `${shared} belongs to another user (${process.getuid?.()})`
      ])
    }).pipe(
      Effect.scoped,
      Effect.provide(logger),
      Effect.ensuring(Effect.sync(() => rmSync(shared, { recursive: true, force: true })))
    )
  })
})

describe("What dead systems have left", () => {
  it.live("C4: A socket is removed: of a dead process at once, of a number that is another process's when it is old.", () =>
    Effect.gen(function*() {
      const sockets = join(folder, "heddle")
      mkdirSync(sockets, { recursive: true })
      chmodSync(sockets, 0o700)
      const write = (name: string, pid: number): string => {
        const socket = join(sockets, `${name}.sock`)
        card.write(card.pathIn(sockets, name), {
          protocol: card.protocol,
          pid,
          socket,
          directory: "/",
          config: "/config.ts",
          startedAtMillis: 0
        })
        return card.pathIn(sockets, name)
      }
      // More than any process has on the systems that tests run on.
      const dead = write("2147483647-aaaaaaaa", 2_147_483_647)
      const young = write(`${process.pid}-bbbbbbbb`, process.pid)
      const old = write(`${process.pid}-cccccccc`, process.pid)
      utimesSync(old, new Date(0), new Date(0))
      writeFileSync(join(sockets, "2147483647-dddddddd.json"), "{ half a car")
      writeFileSync(join(sockets, "notes.txt"), "mine")
      const server = createServer().listen(join(sockets, `${process.pid}-eeeeeeee.sock`)).unref()
      yield* Effect.callback<void>((resume) => void server.on("listening", () => resume(Effect.void)))
      assert.deepStrictEqual(yield* mine, [])
      assert.deepStrictEqual(
        [dead, young, old, join(sockets, "2147483647-dddddddd.json"), join(sockets, "notes.txt")].map(existsSync),
        [false, true, false, false, true]
      )
      server.close()
    }))
})
