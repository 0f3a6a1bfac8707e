/** The files of `deploy/` for process managers, by a real systemd and a real PM2 where there is one. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { execFileSync, spawn } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { exec, fixtures, world } from "./operating.ts"

const deploy = fileURLToPath(new URL("../../deploy/", import.meta.url))
const bin = fileURLToPath(new URL("../../src/cli/bin.js", import.meta.url))
const start = `start ${join(fixtures, "controlling/config.ts")}`

const works = (command: string, ...args: ReadonlyArray<string>): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** Waits until what is looked at is as it is to be; at the end of the test's time it is said what it was. */
const until = <A, E>(look: Effect.Effect<A, E>, isEnough: (seen: A) => boolean) =>
  Effect.repeat(look, { until: isEnough, schedule: Schedule.spaced("200 millis") })

const systemd = "/usr/lib/systemd/systemd"
/** It needs root for a folder /run of its own, in which the machine counts as booted by systemd, and folders of cgroups that it may write. */
const hasSystemd = works(systemd, "--version") && works("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/run")

/** What a user's own systemd does not take, and what the test says itself. */
const notForUsers =
  /^(DynamicUser|StateDirectory|RuntimeDirectory|EnvironmentFile|Environment|Protect\w+|Private\w+|NoNewPrivileges|Restrict\w+|CapabilityBoundingSet|MemoryMax|ExecStart|WorkingDirectory|WatchdogSec)=/

/** A systemd for the test, with the shipped unit as `app.service`. */
const manager = Effect.gen(function*() {
  const { env, path } = yield* world
  const units = join(path, ".config/systemd/user")
  mkdirSync(units, { recursive: true })
  // A folder of its own: the socket of systemd is next to those of heddle.
  const shipped = readFileSync(join(deploy, "heddle-services.service"), "utf8").split("\n")
  const lines = shipped.filter((line) => !notForUsers.test(line) && !line.startsWith("WantedBy=")).flatMap((line) =>
    line !== "[Service]" ? [line] : [
      line,
      `ExecStart="${process.execPath}" "${bin}" ${start}`,
      `Environment=XDG_RUNTIME_DIR=${env.XDG_RUNTIME_DIR} TMPDIR=${path}`,
      "WatchdogSec=3"
    ]
  )
  writeFileSync(join(units, "app.service"), lines.join("\n"))
  const script = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec ${systemd} --user`
  const environment = {
    HOME: path,
    XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR,
    PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
    SYSTEMD_LOG_TARGET: "console"
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => spawn("unshare", ["--mount", "bash", "-c", script], { env: environment, stdio: "ignore" })),
    (child) =>
      Effect.callback<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        // It stops its units, and ends.
        child.kill("SIGTERM")
      })
  )
  const systemctl = (...args: ReadonlyArray<string>) =>
    exec("systemctl", ["--user", "--no-pager", ...args], { cwd: path, env: environment })
  yield* until(systemctl("show", "-p", "SystemState"), ({ out }) => /running|degraded/.test(out))
  const show = Effect.map(
    systemctl("show", "app", "-p", "ActiveState,NRestarts,MainPID,ExecMainStatus,Result"),
    ({ out }) => new Map(out.trim().split("\n").map((line) => [line.split("=")[0] ?? "", line.split("=")[1] ?? ""]))
  )
  return { show, systemctl }
})

describe("systemd", () => {
  it.live.skipIf(!hasSystemd)(
    "A real systemd waits until all is ready, ends and restarts a process whose main thread stands still, and stops it in order.",
    () =>
      Effect.gen(function*() {
        const { show, systemctl } = yield* manager
        const started = yield* systemctl("start", "app")
        assert.strictEqual(started.code, 0, started.err)
        const running = yield* show
        assert.strictEqual(running.get("ActiveState"), "active")
        const pid = Number(running.get("MainPID"))
        yield* Effect.sync(() => process.kill(pid, "SIGSTOP"))
        const again = yield* until(
          show,
          (seen) => seen.get("NRestarts") === "1" && seen.get("ActiveState") === "active"
        )
        assert.notStrictEqual(Number(again.get("MainPID")), pid)
        assert.strictEqual((yield* systemctl("stop", "app")).code, 0)
        const stopped = yield* show
        assert.deepStrictEqual(
          [stopped.get("ActiveState"), stopped.get("Result"), stopped.get("ExecMainStatus")],
          ["inactive", "success", "0"]
        )
      }),
    240_000
  )
})

/** Where PM2 is: `PM2` names it, or it is on the path. */
const pm2 = process.env["PM2"] ?? "pm2"

describe("PM2", () => {
  it.live.skipIf(!works("which", pm2))(
    "A real PM2 waits until all is ready, restarts a process that was killed, and stops it in order.",
    () =>
      Effect.gen(function*() {
        const { env, path } = yield* world
        const { apps: [shipped] } = createRequire(import.meta.url)(join(deploy, "ecosystem.config.cjs"))
        const log = join(path, "out.log")
        const app = {
          ...shipped,
          name: "app",
          interpreter: process.execPath,
          script: bin,
          args: start,
          env: { HEDDLE_LOG: "text" },
          merge_logs: true,
          out_file: log,
          error_file: log
        }
        const file = join(path, "ecosystem.config.cjs")
        writeFileSync(file, `module.exports = ${JSON.stringify({ apps: [app] })}`)
        const run = (...args: ReadonlyArray<string>) =>
          exec(pm2, args, { cwd: path, env: { ...env, PM2_HOME: join(path, "pm2"), PM2_PROGRAMMATIC: "true" } })
        yield* Effect.addFinalizer(() => run("kill"))
        const state = Effect.map(run("jlist"), ({ out }) => {
          const [{ pid, pm2_env }] = JSON.parse(out.slice(out.indexOf("[{")))
          return { pid, status: pm2_env.status, restarts: pm2_env.restart_time }
        })
        const started = yield* run("start", file)
        assert.strictEqual(started.code, 0, started.out + started.err)
        // It says so only once all is ready.
        assert.include(readFileSync(log, "utf8"), "is ready")
        const { pid, status } = yield* state
        assert.strictEqual(status, "online")
        yield* Effect.sync(() => process.kill(pid, "SIGKILL"))
        yield* until(state, (seen) => seen.restarts === 1 && seen.status === "online" && seen.pid !== pid)
        assert.strictEqual((yield* run("stop", "app")).code, 0)
        assert.deepInclude(yield* state, { status: "stopped" })
        assert.match(readFileSync(log, "utf8").trim().split("\n").at(-1) ?? "", / main {2}stopped$/)
      }),
    240_000
  )
})
