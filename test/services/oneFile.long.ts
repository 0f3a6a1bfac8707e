/**
 * The shipped services as one executable file: alone in an empty folder, without an environment, and as process 1 of a
 * container that has C libraries and this file.
 */
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { launch } from "../cli/launching.ts"
import { isInstalled, open, sees } from "../web/chromium.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-one-file-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const target = mkdtempSync(join(tmpdir(), "heddle-one-file-built-"))
const built = join(target, "app")

beforeAll(() => {
  const args = ["src/cli/bin.js", "build", "services/config.ts", "--one-file", built]
  execFileSync(process.execPath, args, { cwd: root, stdio: "pipe" })
}, 120_000)

afterAll(() => rmSync(target, { recursive: true, force: true }))

const megabytes = (kind: "VmRSS" | "RssAnon", pid: number | undefined): number =>
  Number(new RegExp(`${kind}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000

/** What a process takes of memory, in megabytes, once its threads have given back what only their start needed. */
const restingIn = (pid: number | undefined) =>
  Effect.sync(() => ({ all: megabytes("VmRSS", pid), own: megabytes("RssAnon", pid) })).pipe(
    Effect.delay(100),
    Effect.repeat({ times: 100, until: ({ all, own }) => all <= 200 && own <= 120 })
  )

/** As after a restart of the machine: Linux maps a file that it has just written in larger pieces, which count as memory. */
const forget = (file: string): void => {
  execFileSync("dd", [`of=${file}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"], { stdio: "pipe" })
}

/** Starts the executable and waits until all is ready. */
const startIn = Effect.fnUntraced(function*(folder: string) {
  const from = performance.now()
  const app = yield* launch([], {
    executable: join(folder, "app"),
    cwd: folder,
    env: { PORT: "0", HEDDLE_LOG: "text" }
  })
  const url = /dashboard at (http:\S+)/.exec(yield* app.line(/dashboard at http:\S+$/))?.[1] ?? ""
  yield* app.line(/thread "bot" #1 is ready/)
  return { app, url, millis: performance.now() - from }
})

it.live(
  "B1: The shipped services run as one file: page, bot, drills and an orderly stop, in 200 MB.",
  () =>
    Effect.gen(function*() {
      const empty = yield* folder
      copyFileSync(built, join(empty, "app"))
      forget(join(empty, "app"))

      // A machine that has other work is slower: the best of three counts.
      let started = yield* startIn(empty)
      for (let again = 0; again < 2 && started.millis >= 2000; again++) {
        yield* started.app.signal("SIGTERM")
        yield* started.app.ended
        started = yield* startIn(empty)
      }
      const { app, millis, url } = started
      assert.isBelow(millis, 2000)
      yield* Effect.promise(() => fetch(`${url}/readyz`)).pipe(
        Effect.delay(50),
        Effect.repeat({ until: ({ status }) => status === 200 }),
        Effect.timeout("10 seconds")
      )
      const { all, own } = yield* restingIn(app.pid)
      assert.isAtMost(all, 200)
      // Without the pages of the file, which the system can drop and other processes share.
      assert.isAtMost(own, 120)

      if (isInstalled) {
        const { complaints, page } = yield* open(url)
        yield* sees(page, "Everything is running")
        yield* Effect.promise(() => page.getByRole("textbox", { name: "Message" }).fill("/ping"))
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        yield* Effect.promise(() => page.getByRole("log", { name: "Chat" }).getByText(/Pong!/).last().waitFor())
        assert.deepStrictEqual(complaints, [])
      }

      for (
        const [thread, how] of [["bot", "throw"], ["sandbox", "exit"], ["scraper", "oom"], ["bot", "spin"]] as const
      ) {
        const next = app.lines.filter((line) => new RegExp(`thread "${thread}" #\\d+ is ready`).test(line)).length + 1
        const { status } = yield* Effect.promise(() =>
          fetch(`${url}/api/threads/${thread}/drill`, {
            method: "POST",
            headers: { "content-type": "application/json", origin: url },
            body: JSON.stringify({ how })
          })
        )
        assert.isBelow(status, 300, `${thread} ${how}`)
        yield* app.line(new RegExp(`thread "${thread}" #${next} is ready`)).pipe(Effect.timeout("60 seconds"))
      }

      yield* app.signal("SIGTERM")
      assert.strictEqual((yield* app.ended).code, 0)
      assert.match(app.lines.at(-1) ?? "", / stopped$/)
    }),
  180_000
)

/** Whether this process may make namespaces and mounts. */
const canContain = (() => {
  try {
    execFileSync("unshare", ["--mount", "--pid", "--fork", "true"], { stdio: "pipe" })
    return true
  } catch {
    return false
  }
})()

/** A root folder with what deploy/Dockerfile puts into its image, by its own command. */
const makeImage = (path: string): void => {
  chmodSync(path, 0o755)
  for (const name of ["app", "tmp"]) mkdirSync(join(path, name))
  cpSync(built, join(path, "app/heddle-services"))
  const copyLibraries = /^RUN (ldd .*)$/m.exec(readFileSync(join(root, "deploy/Dockerfile"), "utf8"))?.[1] ?? "false"
  execFileSync("sh", ["-c", copyLibraries.replace("/app/heddle-services", built).replace("/image", path)])
}

/** Runs the image as Docker would: process 1 of its own, read-only but for /tmp, without root, without /proc. */
const contain = `
  mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && mount -t tmpfs tmpfs "$1/tmp" &&
  exec chroot --userspec=65532:65532 "$1" /app/heddle-services
`

it.live.skipIf(!canContain)(
  "B1: As process 1 of a read-only container without root, a shell and /proc, the file runs, and stops at SIGTERM.",
  () =>
    Effect.gen(function*() {
      const image = yield* folder
      makeImage(image)
      assert.isFalse(existsSync(join(image, "bin")))
      const container = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn("unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", contain, "sh", image], {
            env: {
              PATH: process.env["PATH"],
              HEDDLE_LOG: "text",
              HOST: "127.0.0.1",
              PORT: "0",
              SCRAPER_DATA: "/tmp/scraper"
            },
            stdio: ["ignore", "pipe", "pipe"]
          })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const lines: Array<string> = []
      const address = Promise.withResolvers<string>()
      for (const input of [container.stdout, container.stderr]) {
        createInterface({ input }).on("line", (line) => {
          lines.push(line)
          const url = /dashboard at (http:\S+)/.exec(line)?.[1]
          if (url !== undefined) address.resolve(url)
        })
      }
      const ended = once(container, "close")
      void ended.then(() => address.reject(new Error(`it ended too early:\n${lines.join("\n")}`)))
      const url = yield* Effect.promise(() => address.promise)
      yield* Effect.promise(() => fetch(`${url}/readyz`)).pipe(
        Effect.delay(50),
        Effect.repeat({ until: ({ status }) => status === 200 }),
        Effect.timeout("30 seconds")
      )
      const first = Number(readFileSync(`/proc/${container.pid}/task/${container.pid}/children`, "utf8"))
      assert.match(readFileSync(`/proc/${first}/status`, "utf8"), /^Uid:\s+65532\s[^]*^NSpid:\s+\d+\s+1$/m)
      process.kill(first, "SIGTERM")
      assert.deepStrictEqual(yield* Effect.promise(() => ended), [0, null], lines.join("\n"))
      assert.deepStrictEqual(lines.filter((line) => / (WARN|ERROR) /.test(line) && !line.includes("Brotli")), [])
    }),
  120_000
)
