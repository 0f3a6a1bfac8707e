import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { execFile } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import * as Sandbox from "../../services/discord/sandbox/Sandbox.ts"
import { collecting } from "./collector.ts"
import { follow } from "./follow.ts"
import { shapeOf, type Step, steps } from "./guide.ts"
import { startAndStop } from "./startAndStop.ts"

/** The tsconfig that the first guide makes, and that the others go on from. */
const tsconfig = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    steps("start.md").flatMap((step) =>
      step._tag === "File" && step.name === "tsconfig.json" ? [[step.name, step.text]] : []
    )
  )

const tools = ["typescript", "@types/node"]

/** A port that is free now. */
const freePort = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(String(typeof address === "object" ? address?.port : address)))
    })
  })

const decodeCommand = Schema.decodeUnknownSync(Schema.Array(Schema.String))

const decodePm2 = Schema.decodeUnknownSync(Schema.Struct({
  apps: Schema.Tuple([
    Schema.Struct({
      script: Schema.String,
      interpreter: Schema.String,
      args: Schema.String,
      kill_timeout: Schema.Int
    })
  ])
}))

const stops = (cwd: string, command: ReadonlyArray<string>, signal: NodeJS.Signals) =>
  startAndStop(command, { cwd, signal, up: "Hello, Ada! You are number 1." })

const compiles: Step = { _tag: "Commands", commands: ["npx tsc"], prints: [] }

describe("The guides", () => {
  it("start.md: the project compiles, runs as its page shows, and stops with code 0.", () => follow(steps("start.md")))

  it("testing.md: its tests pass.", () =>
    follow([...steps("testing.md"), compiles], { installed: tools, files: tsconfig() }))

  it("operate.md: the command finds what is slow, what hung and what failed, and sends what is right.", async () => {
    const runtime = mkdtempSync(join(tmpdir(), "heddle-run-"))
    await follow([...steps("operate.md"), compiles], {
      installed: tools,
      files: tsconfig(),
      env: { XDG_RUNTIME_DIR: runtime },
      normal: shapeOf
    })
    rmSync(runtime, { recursive: true })
  })

  it("moving.md: what was before and what is after do the same.", () =>
    follow([...steps("moving.md"), compiles], { installed: tools, files: tsconfig() }))

  it("keyed.md: its program compiles, and prints what the page shows.", () =>
    follow([...steps("keyed.md"), compiles], { installed: tools, files: tsconfig() }))

  it("dashboard.md: its system compiles and serves what the page shows.", async () => {
    const port = await freePort()
    await follow([...steps("dashboard.md"), compiles], {
      installed: tools,
      files: tsconfig(),
      replace: { "port: 4000": `port: ${port}`, "127.0.0.1:4000": `127.0.0.1:${port}` }
    })
  })

  it("from-bullmq.md: its programs compile, jobs outlive the process, and the command shows what has failed.", async () => {
    const runtime = mkdtempSync(join(tmpdir(), "heddle-run-"))
    await follow([...steps("from-bullmq.md"), compiles], {
      installed: tools,
      files: tsconfig(),
      env: { XDG_RUNTIME_DIR: runtime },
      normal: shapeOf
    })
    rmSync(runtime, { recursive: true })
  })

  it("pools.md: its programs compile, and print what the page shows.", () =>
    follow([...steps("pools.md"), compiles], { installed: tools, files: tsconfig() }))

  it("logs-and-traces.md: logs are JSON, and the spans of three threads arrive at a collector as one trace.", async () => {
    await using collector = await collecting()
    await follow(steps("logs-and-traces.md"), {
      installed: tools,
      files: tsconfig(),
      replace: { "http://127.0.0.1:4318": collector.url }
    })
    const spans = collector.spans()
    const traceOf = (name: string) => spans.filter((span) => span.name === name).map(({ traceId }) => traceId)
    const [trace] = traceOf("customer")
    assert.isDefined(trace)
    for (const name of ["customer", "Shop.Buy", "sell", "Stock.Take", "takeFromShelf"]) {
      assert.deepStrictEqual(traceOf(name), [trace], name)
    }
  })

  it("existing-code.md: the web server answers, and the bot answers on a sandbox of Discord.", () =>
    Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({})
      const port = yield* Effect.promise(freePort)
      const answered = sandbox.transcript.pipe(
        Stream.takeUntil(({ content, fromBot }) => fromBot && content === "50 words"),
        Stream.runDrain,
        Effect.timeout("20 seconds")
      )
      yield* Effect.promise(() =>
        follow([...steps("existing-code.md"), compiles], {
          installed: tools,
          files: tsconfig(),
          env: { DISCORD_API: `${sandbox.url}/api`, DISCORD_TOKEN: sandbox.token },
          replace: { "PORT=3000": `PORT=${port}`, "127.0.0.1:3000": `127.0.0.1:${port}` },
          check: () => Effect.runPromise(Effect.andThen(sandbox.say("Ada", "!words Words.ts"), answered))
        })
      )
    }).pipe(Effect.scoped, Effect.runPromise))

  it("deploying.md: what systemd, Docker and PM2 run starts, and stops with code 0 at their signal.", () =>
    follow([...steps("start.md").filter(({ _tag }) => _tag === "File"), ...steps("deploying.md")], {
      installed: tools,
      async check(folder) {
        const read = (name: string) => readFileSync(join(folder, name), "utf8")
        const unit = /^ExecStart=(.*)$/m.exec(read("app.service"))?.[1] ?? ""
        await stops(folder, unit.replaceAll("/srv/app", folder).split(" "), "SIGTERM")

        const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(read("Dockerfile"))?.[1] ?? "")
        await stops(folder, decodeCommand(command), "SIGTERM")

        const pm2: unknown = createRequire(join(folder, "main.ts"))("./ecosystem.config.cjs")
        const [{ args, interpreter, kill_timeout: graceMillis, script }] = decodePm2(pm2).apps
        assert.isAtLeast(graceMillis, 25_000)
        await stops(folder, [interpreter, script, ...args.split(" ")], "SIGINT")
      }
    }))

  it("small-machines.md: the project is bundled, and the bundle runs with the settings of the page.", () =>
    follow([...steps("start.md").filter(({ _tag }) => _tag === "File"), ...steps("small-machines.md"), compiles], {
      installed: ["heddle", "effect", ...tools]
    }))

  it.skipIf(!existsSync("/usr/bin/systemd-analyze"))("deploying.md: systemd accepts the unit.", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-unit-"))
    try {
      for (const step of steps("deploying.md")) {
        if (step._tag === "File" && step.name === "app.service") writeFileSync(join(folder, step.name), step.text)
      }
      const { stderr } = await promisify(execFile)("systemd-analyze", ["verify", join(folder, "app.service")])
      assert.notInclude(stderr, "app.service")
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
