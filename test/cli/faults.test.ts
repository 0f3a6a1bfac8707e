import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fails } from "./failing.ts"
import { launch } from "./launching.ts"

describe("arguments", () => {
  it.live("A missing FILE is an error that says what to write.", () =>
    fails(["start"], ["Missing required argument: file"]))
  it.live("An unknown subcommand is an error that says what to write.", () =>
    fails(["begin"], ["Unknown subcommand \"begin\""], {}, 2))
  it.live("An unknown flag is an error that says what to write.", () =>
    fails(["start", "--forever", "command/config.ts"], ["--forever"]))
})

describe("config modules that can't be used", () => {
  it.live("A config module that does not exist is named.", () =>
    fails(["start", "nowhere.ts"], [/^heddle: nowhere\.ts does not exist \(looked at \//]))

  it.live("A config module with a syntax error is reported with file and line.", () =>
    Effect.gen(function*() {
      const directory = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "heddle-faulty-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      for (const name of ["broken.ts", "broken.mjs"]) {
        const file = join(directory, name)
        writeFileSync(file, "const fine = 1\nexport default {\n  one: fine\n  two: fine\n}\n")
        yield* fails(["start", file], [`${name}:4`, "SyntaxError"])
      }
    }))

  it.live("A config module that imports what is not there is reported.", () =>
    fails(["start", "faulty/missingImport.js"], ["Cannot find module", "faulty/Nothing.ts", "missingImport.js"]))
  it.live("A config module that imports a name that is not exported is reported.", () =>
    fails(["start", "faulty/missingExport.js"], ["missingExport.js:1", "does not provide an export named 'Sytem'"]))
  it.live("A config module that throws is reported.", () =>
    fails(["start", "faulty/throwing.js"], ["RangeError: the config module has a bug", "throwing.js:1"]))
  it.live("A config module that exports no system is told what to export.", () =>
    fails(["start", "command/Three.ts"], ["has no system as its default export. Write: export default System.make("]))
  it.live("F7: A config module that names an actor twice is refused.", () =>
    fails(["start", "faulty/twice.js"], ["the name \"First\" is taken by an actor of thread \"one\""]))
  it.live("A config module with faulty options is refused, every option with its value.", () =>
    Effect.gen(function*() {
      const lines = yield* fails(["start", "faulty/options.js"], [
        "threads.one.startTimeout: -1",
        "threads.one.onGiveUp: \"panic\" is none of \"escalate\", \"quarantine\"",
        "threads.one.resourceLimits.maxOldGenerationSizeMb: -256",
        "threads.one.restart.policy: \"sometimes\"",
        "threads.one.restart.backoff.jitter: 2",
        "threads.one.restart.limit.failures: 1.5",
        "threads.one.watchdog.stallAfter: \"5 secs\"",
        "strategy: \"one-for-none\""
      ])
      // Before any thread starts: nothing but the one error is said.
      assert.lengthOf(lines.filter((line) => !line.startsWith("  - ")), 1)
    }))
})

describe("surroundings", () => {
  it.live("A port that is taken is named with its setting.", () =>
    Effect.gen(function*() {
      const server = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = server.address()
      assert(typeof address === "object" && address !== null)
      const lines = yield* fails(["start", "../../services/config.ts"], [], { PORT: String(address.port) })
      const end = lines.slice(lines.findLastIndex((line) => line.startsWith("heddle: "))).join("\n")
      assert.include(end, `port ${address.port} is taken by another program`)
      assert.include(end, `PORT=${address.port + 1}`)
    }))

  const older = ["/usr/local/bin/node", "/usr/bin/node"].find((path) =>
    existsSync(path) && Number(spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.slice(1).split(".")[0]) < 22
  )
  it.live.skipIf(older === undefined)(
    "A Node that is too old says so (needs an older Node on this machine).",
    () =>
      Effect.gen(function*() {
        const heddle = yield* launch(["start", "command/config.ts"], older === undefined ? {} : { node: older })
        assert.strictEqual((yield* heddle.ended).code, 1)
        assert.lengthOf(heddle.lines, 1)
        assert.match(heddle.lines[0] ?? "", /^heddle needs Node 22\.19 or newer, and this is Node \d+/)
      })
  )
})
