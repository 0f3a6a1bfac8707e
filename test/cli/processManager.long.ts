import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync, fork, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { managerOf, type ProcessManager } from "../../src/cli/processManager.ts"
import { launch, runtimeFolder } from "./launching.ts"

const command = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-notify-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** The states that a process reads from a socket or pipe and writes to its output, in order. */
const states = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    ({ stdout }) => {
      const seen: Array<string> = []
      stdout.setEncoding("utf8").on("data", (text: string) => {
        seen.push(...text.match(/(READY|WATCHDOG|STOPPING)=1/g) ?? [])
        stdout.emit("state")
      })
      return {
        seen,
        until: (isEnough: (seen: ReadonlyArray<string>) => boolean): Effect.Effect<void> =>
          Effect.promise(async () => {
            while (!isEnough(seen)) await once(stdout, "state")
          })
      }
    }
  )

const count = (seen: ReadonlyArray<string>, state: string) => seen.filter((other) => other === state).length

/** A system under systemd's eyes: it is ready, lives, and says when it stops. */
const isTold = Effect.fnUntraced(function*(
  received: Effect.Success<ReturnType<typeof states>>,
  env: Readonly<Record<string, string>>
) {
  const heddle = yield* launch(["start", "command/config.ts"], { env: { WATCHDOG_USEC: "200000", ...env } })
  yield* received.until((seen) => count(seen, "WATCHDOG=1") >= 3)
  assert.deepStrictEqual(received.seen.slice(0, 2), ["READY=1", "WATCHDOG=1"])
  yield* heddle.signal("SIGTERM")
  yield* received.until((seen) => seen.includes("STOPPING=1"))
  assert.strictEqual((yield* heddle.ended).code, 0, heddle.lines.join("\n"))
  assert.strictEqual(count(received.seen, "READY=1"), 1)
  assert.strictEqual(count(received.seen, "STOPPING=1"), 1)
})

describe("The process manager", () => {
  it("The process manager is systemd if it names its socket, and watches only the process that it means.", () => {
    const self = { pid: 7, hasChannel: false }
    const socket = { NOTIFY_SOCKET: "/run/notify" }
    const systemd = (watchdogMillis?: number): ProcessManager => ({ _tag: "Systemd", watchdogMillis })
    assert.isUndefined(managerOf({}, self))
    assert.isUndefined(managerOf({ NOTIFY_SOCKET: "", WATCHDOG_USEC: "30000000" }, self))
    assert.deepStrictEqual(managerOf(socket, self), systemd())
    assert.deepStrictEqual(managerOf({ ...socket, WATCHDOG_USEC: "30000000" }, self), systemd(30_000))
    assert.deepStrictEqual(managerOf({ ...socket, WATCHDOG_USEC: "3000", WATCHDOG_PID: "7" }, self), systemd(3))
    assert.deepStrictEqual(managerOf({ ...socket, WATCHDOG_USEC: "3000", WATCHDOG_PID: "8" }, self), systemd())
    for (const wrong of ["0", "-1", "many", "1e3"]) {
      assert.deepStrictEqual(managerOf({ ...socket, WATCHDOG_USEC: wrong }, self), systemd(), wrong)
    }
  })

  it("The process manager is PM2 if it has started the process with a channel.", () => {
    assert.deepStrictEqual(managerOf({ pm_id: "0" }, { pid: 7, hasChannel: true }), { _tag: "Pm2" })
    assert.isUndefined(managerOf({ pm_id: "0" }, { pid: 7, hasChannel: false }))
    assert.isUndefined(managerOf({}, { pid: 7, hasChannel: true }))
  })

  it.live("Systemd is told when the system is ready, that it lives, and that it stops.", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const pipe = join(path, "pipe")
      execFileSync("mkfifo", [pipe])
      writeFileSync(join(path, "systemd-notify"), `#!/bin/sh\necho "$@" >"$NOTIFY_SOCKET"\n`)
      chmodSync(join(path, "systemd-notify"), 0o755)
      const received = yield* states("sh", "-c", "exec cat <>\"$0\"", pipe)
      yield* isTold(received, { NOTIFY_SOCKET: pipe, PATH: `${path}:${process.env["PATH"]}` })
    }))

  it.live.skipIf(!existsSync("/usr/bin/systemd-notify") || !existsSync("/usr/bin/socat"))(
    "Systemd is told by its own command, over its own kind of socket.",
    () =>
      Effect.gen(function*() {
        const socket = join(yield* folder, "socket")
        const received = yield* states("socat", "-u", `UNIX-RECV:${socket}`, "STDOUT")
        yield* isTold(received, { NOTIFY_SOCKET: socket })
      })
  )

  it.live("A system starts and stops without the command systemd-notify, and says once per state what is missing.", () =>
    Effect.gen(function*() {
      const heddle = yield* launch(["start", "command/config.ts"], {
        env: { NOTIFY_SOCKET: "/nowhere", PATH: yield* folder }
      })
      yield* heddle.line(/WARN.* systemd was not told READY=1: the command systemd-notify is missing/)
      yield* heddle.signal("SIGTERM")
      assert.strictEqual((yield* heddle.ended).code, 0, heddle.lines.join("\n"))
      assert.lengthOf(heddle.lines.filter((line) => line.includes("READY=1")), 1)
    }))

  it("PM2 gets the message \"ready\" when all threads are up, and none before.", async () => {
    const child = fork(command, ["start", "command/config.ts"], {
      cwd: fixtures,
      env: { ...process.env, XDG_RUNTIME_DIR: runtimeFolder, pm_id: "0" },
      silent: true
    })
    try {
      let printed = ""
      child.stdout?.setEncoding("utf8").on("data", (text: string) => printed += text)
      const [message] = await once(child, "message")
      assert.strictEqual(message, "ready")
      assert.include(printed, "is ready after")
      child.kill("SIGINT")
      assert.deepStrictEqual(await once(child, "exit"), [0, null])
    } finally {
      child.kill("SIGKILL")
    }
  })
})
