/** `heddle ps`, `events`, `restart`, `stop` and `shutdown`, against systems that are real processes. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"
import { join } from "node:path"
import { launch } from "./launching.ts"
import { fixtures, world } from "./operating.ts"

const config = "operating/config.ts"
const ready = /thread "hall" #1 is ready/

/** A server at a path that does what it likes with a connection. */
const serve = (path: string, greeting: string | undefined) =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = createServer((socket) => {
        socket.on("error", () => {})
        if (greeting !== undefined) socket.write(greeting)
      })
      server.listen(path, () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  )

describe("heddle ps", () => {
  it.live("C1: `heddle ps` shows every thread and actor of the system of this directory, in 80 columns and as JSON.", () =>
    Effect.gen(function*() {
      const { heddle, start } = yield* world
      const system = yield* start(config, ready)
      const table = yield* heddle(["ps"])
      assert.strictEqual(table.code, 0, table.err)
      const lines = table.out.trimEnd().split("\n")
      assert.match(lines[0] ?? "", /operating\/config\.ts$/)
      assert.match(lines[1] ?? "", new RegExp(`^pid ${system.pid}  up .*  Node v.*  CPU \\d+ %  RSS \\d+ MB$`))
      assert.match(lines[3] ?? "", /^NAME +STATE +RUN +RESTARTS +MAILBOX +RATE\/s +LOOP +HEAP +CPU$/)
      assert.match(table.out, /^desk +running +1 +0 .*\n {2}Operator +running +1 +0 +0 +0\nhall +running/m)
      assert.deepStrictEqual(lines.slice(1).filter((line) => line.length > 80), [])
      // oxlint-disable-next-line no-control-regex
      assert.notMatch(table.out, /\u001b/)
      const json = yield* heddle(["ps", "--json"])
      const view = JSON.parse(json.out)
      assert.strictEqual(view.pid, system.pid)
      assert.deepStrictEqual(view.problems, [])
      assert.deepStrictEqual(
        view.threads.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`),
        [
          "desk running",
          "hall running"
        ]
      )
    }))

  it.live("C2: Orders are carried out when the command ends, --health follows, and the system ends by shutdown.", () =>
    Effect.gen(function*() {
      const { env, files, heddle, start } = yield* world
      const system = yield* start(config, ready)
      assert.strictEqual((yield* heddle(["ps", "--health"])).out, "healthy\n")
      const stopped = yield* heddle(["stop", "hall"])
      assert.match(stopped.out, /^hall stopped after .*\n$/)
      const sick = yield* heddle(["ps", "--health"])
      assert.deepStrictEqual([sick.code, sick.out], [1, "thread hall is stopped\n"])
      const restarted = yield* heddle(["restart", "hall", "--json"])
      assert.deepInclude(JSON.parse(restarted.out), { name: "hall", restarted: true })
      assert.match((yield* heddle(["ps"])).out, /^hall +running +2 +1 /m)
      const events = yield* heddle(["events"])
      assert.match(events.out, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {2}thread "hall" #2 is ready after \d+ ms$/m)
      const json = (yield* heddle(["events", "--json"])).out.trimEnd().split("\n").map((line) => JSON.parse(line))
      assert.includeMembers(json.map(({ _tag }) => _tag), ["ThreadStarted", "ThreadExited", "ActorStarted"])
      assert.strictEqual(json[0]?.time, new Date(json[0]?.atMillis).toISOString())
      const following = yield* launch(["events", "--follow"], { env })
      yield* following.line(/thread "hall" #2 is ready/)
      const shutdown = yield* heddle(["shutdown"])
      assert.match(shutdown.out, /^stopped after /)
      assert.strictEqual(shutdown.code, 0)
      assert.strictEqual((yield* following.ended).code, 0)
      assert.match(following.lines.join("\n"), /stopping: heddle shutdown was called\n(.*\n)*.* {2}stopped$/)
      assert.strictEqual((yield* system.ended).code, 0)
      assert.deepStrictEqual(files(), [])
    }))

  it.live("C3: Each thing that can be wrong is one sentence and an exit code.", () =>
    Effect.gen(function*() {
      const { files, heddle, path, start } = yield* world
      const none = yield* heddle(["ps"])
      assert.strictEqual(none.code, 3)
      assert.match(
        none.err,
        /^heddle: no system runs that was started in .*fixtures; (none runs elsewhere|those that run are\n)/
      )
      const system = yield* start(config, ready)
      const cases = [
        [["restart", "nope"], 2, /^heddle: no thread is named "nope"; the threads are desk, hall\n$/],
        [["stop", "Machine"], 2, /^heddle: no thread is named "Machine"; the threads are desk, hall\n$/],
        [["ps", "--nope"], 2, /^heddle: Unrecognized flag: --nope[^\n]*\n\nDESCRIPTION/],
        [["restart"], 2, /^heddle: Missing required argument: name\n\nDESCRIPTION/],
        [
          ["ps", "--pid", "1"],
          3,
          new RegExp(
            `^heddle: no system runs in process 1; those that run are\n[^]*  --pid ${system.pid}  .*config.ts\n`
          )
        ],
        [["ps", "--socket", join(path, "nowhere")], 3, /^heddle: nothing listens at .*nowhere\n$/],
        [["ps", "--health", "--pid", "1"], 1, /^$/]
      ] as const
      for (const [args, code, message] of cases) {
        const ran = yield* heddle(args)
        assert.match(ran.err, message)
        assert.strictEqual(ran.code, code, args.join(" "))
      }
      const elsewhere = yield* heddle(["ps"], { cwd: path })
      assert.strictEqual(elsewhere.code, 3)
      assert.include(elsewhere.err, `no system runs that was started in ${path}; those that run are\n  --pid `)
      assert.include(elsewhere.err, `\n  --pid ${system.pid}  `)
      assert.strictEqual((yield* heddle(["ps", "--pid", String(system.pid)], { cwd: path })).code, 0)
      const second = yield* start(config, ready)
      const two = yield* heddle(["ps"])
      assert.strictEqual(two.code, 3)
      assert.match(
        two.err,
        /2 systems run that were started in this directory; choose one:\n {2}--pid \d+ .*\n {2}--pid/
      )
      // What speaks another language, or says nothing.
      yield* serve(join(path, "foreign"), "HTTP/1.1 400 Bad Request\r\n\r\n")
      const foreign = yield* heddle(["ps", "--socket", join(path, "foreign")])
      assert.deepStrictEqual(
        [foreign.code, /is no socket of a heddle system/.test(foreign.err)],
        [3, true],
        foreign.err
      )
      yield* serve(join(path, "newer"), "{\"heddle\":99,\"pid\":1}\n")
      assert.match((yield* heddle(["ps", "--socket", join(path, "newer")])).err, /another version of heddle/)
      yield* serve(join(path, "endless"), "x".repeat(65 * 1024 * 1024))
      assert.match((yield* heddle(["ps", "--socket", join(path, "endless")])).err, /sent a line longer than/)
      // A suspended process.
      yield* second.signal("SIGSTOP")
      const hung = yield* heddle(["ps", "--pid", String(second.pid)])
      yield* second.signal("SIGCONT")
      assert.strictEqual(hung.code, 3)
      assert.match(hung.err, /^heddle: the system of process \d+ does not answer: its main thread is blocked/)
      // A process that was killed leaves its files; the next command removes them.
      yield* second.signal("SIGKILL")
      yield* second.ended
      assert.lengthOf(files().filter((file) => file.startsWith(`${second.pid}-`)), 2)
      assert.strictEqual((yield* heddle(["ps"])).code, 0)
      assert.lengthOf(files().filter((file) => file.startsWith(`${second.pid}-`)), 0)
    }))
})

/** The permissions of a file, and which kind it is. */
const modeOf = (path: string): string => statSync(path).mode.toString(8)

describe("The socket", () => {
  it.live("C4: The socket lies with its card in a folder that nobody else can open, and both go when the system ends.", () =>
    Effect.gen(function*() {
      const { files, sockets, start } = yield* world
      const system = yield* start(config, ready)
      assert.strictEqual(modeOf(sockets), "40700")
      const [card = "", socket = ""] = files().toSorted()
      assert.match(socket, new RegExp(`^${system.pid}-[0-9a-f]{8}\\.sock$`))
      assert.strictEqual(modeOf(join(sockets, socket)), "140600")
      assert.strictEqual(modeOf(join(sockets, card)), "100600")
      assert.deepInclude(JSON.parse(readFileSync(join(sockets, card), "utf8")), {
        pid: system.pid,
        socket: join(sockets, socket)
      })
      yield* system.signal("SIGTERM")
      assert.strictEqual((yield* system.ended).code, 0)
      assert.deepStrictEqual(files(), [])
    }))

  it.live("C4: A folder that others can open, or that is a link, is not used.", () =>
    Effect.gen(function*() {
      const { heddle, path, sockets, start } = yield* world
      mkdirSync(sockets)
      chmodSync(sockets, 0o755)
      const fallback = join(path, `heddle-${process.getuid?.()}`)
      const system = yield* start(config, ready)
      assert.strictEqual(modeOf(fallback), "40700")
      assert.deepStrictEqual(readdirSync(sockets), [])
      assert.strictEqual((yield* heddle(["ps"])).code, 0)
      yield* system.signal("SIGTERM")
      yield* system.ended
      // A folder of the shape that somebody else could prepare.
      chmodSync(sockets, 0o700)
      renameSync(sockets, join(path, "prepared"))
      symlinkSync(join(path, "prepared"), sockets)
      rmSync(fallback, { recursive: true })
      symlinkSync(join(path, "prepared"), fallback)
      // It takes the folder of all tests: no command of theirs is meant for this directory.
      const other = yield* start(join(fixtures, config), ready, { cwd: path })
      assert.deepStrictEqual(readdirSync(join(path, "prepared")), [])
      yield* other.signal("SIGTERM")
      assert.strictEqual((yield* other.ended).code, 0)
    }))

  it.live("C5: The socket keeps no process alive, ends with each of several systems of a process, and is off under a layer.", () =>
    Effect.gen(function*() {
      const { files, heddle, start } = yield* world
      const program = yield* start("", /^both run$/, { program: join(fixtures, "controlling/two.ts") })
      assert.lengthOf(files(), 4)
      const two = yield* heddle(["ps"])
      assert.match(two.err, /2 systems run .*\n {2}--socket .*\.sock {2}.*\n {2}--socket .*\.sock {2}/)
      const [first = ""] = /\S+\.sock/.exec(two.err) ?? []
      assert.strictEqual((yield* heddle(["shutdown", "--socket", first])).code, 0)
      yield* program.line(/^(one|two) has ended$/)
      assert.lengthOf(files(), 2)
      assert.strictEqual((yield* heddle(["ps"])).code, 0)
      assert.strictEqual((yield* heddle(["shutdown"])).code, 0)
      assert.strictEqual((yield* program.ended).code, 0)
      assert.deepStrictEqual(files(), [])
    }))

  it.live("C6: The socket refuses what is no request, an endless line, and hangs up on those who ask nothing.", () =>
    Effect.gen(function*() {
      const { files, heddle, sockets, start } = yield* world
      yield* start(config, ready)
      const socket = join(sockets, files().find((file) => file.endsWith(".sock")) ?? "")
      const said = (text: string) =>
        Effect.callback<string>((resume) => {
          const connection = connect(socket)
          let received = ""
          connection.setEncoding("utf8").on("data", (chunk: string) => received += chunk)
          connection.on("error", () => {})
          connection.on("close", () => resume(Effect.succeed(received)))
          connection.write(text)
        })
      assert.match(yield* said("GET / HTTP/1.1\r\n\r\n"), /"kind":"wrong","message":"the request is no line of JSON/)
      assert.match(yield* said("{\"request\":\"Fly\",\"payload\":{}}\n"), /knows no request Fly/)
      assert.match(yield* said("{\"request\":\"Stop\",\"payload\":{}}\n"), /the request Stop has another form/)
      assert.match(yield* said("x".repeat(1024 * 1024 + 2)), /longer than 1048576 bytes/)
      assert.strictEqual((yield* heddle(["ps"])).code, 0)
    }))
})
