/** The guide to several machines, with a Postgres of its own; what it deploys is what the examples and deploy folders have. */
import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { parse } from "../../src/base/address.ts"
import { freePort } from "../threads/machines.ts"
import * as postgres from "../threads/postgres.ts"
import { follow } from "./follow.ts"
import { missing, shapeOf, type Step, steps } from "./guide.ts"
import { startAndStop } from "./startAndStop.ts"

const bin = postgres.binaries()
const name = "several-machines.md"
const root = new URL("../../", import.meta.url)

const fileOf = (wanted: string): string => {
  const [file] = steps(name).flatMap((step) => step._tag === "File" && step.name === wanted ? [step.text] : [])
  assert.isDefined(file, wanted)
  return file
}

/** The names of the environment variables that the program reads. */
const wantedNames = (): ReadonlyArray<string> =>
  Array.from(fileOf("main.ts").matchAll(/Config\.\w+\("(\w+)"\)/g), ([, name = ""]) => name).toSorted()

/** What a command is to print, by the guide. */
const printsOf = (command: string): ReadonlyArray<string> =>
  steps(name).flatMap((step) => step._tag === "Commands" && step.commands.at(-1) === command ? step.prints : [])

const tsconfig = Object.fromEntries(
  steps("start.md").flatMap((step) =>
    step._tag === "File" && step.name === "tsconfig.json" ? [[step.name, step.text]] : []
  )
)

const compiles: Step = { _tag: "Commands", commands: ["npx tsc"], prints: [] }

describe("several-machines.md", () => {
  it("Its files are those of the examples and deploy folders.", () => {
    for (const folder of ["examples/several-machines/", "deploy/several-machines/"]) {
      const files = readdirSync(new URL(folder, root))
      assert.isAbove(files.length, 2)
      for (const file of files) {
        assert.strictEqual(fileOf(file), readFileSync(new URL(`${folder}${file}`, root), "utf8"), file)
      }
    }
  })

  it("Compose and Kubernetes give each machine all that the program reads, and an address that others can use.", () => {
    const compose = fileOf("compose.yaml")
    const services = Array.from(compose.matchAll(/^ {2}(\w+):\n {4}<<: \*machine\n((?: {4}.*\n)+)/gm))
    assert.lengthOf(services, 2)
    for (const [, service, body = ""] of services) {
      const given = Array.from(body.matchAll(/^ {6}(\w+):/gm), ([, name]) => name)
      assert.deepStrictEqual(given.toSorted(), [...wantedNames()])
      // The name of a service is that of its host.
      assert.strictEqual(parse(/HEDDLE_ADDRESS: (.*)/.exec(body)?.[1] ?? "")?.host, service)
    }
    const names = Array.from(fileOf("kubernetes.yaml").matchAll(/- name: ([A-Z_]+)$/gm), ([, name]) => name)
    assert.deepStrictEqual(names.toSorted(), [...wantedNames(), "POD_IP"].toSorted())
    const address = /name: HEDDLE_ADDRESS\n +value: (.*)/.exec(fileOf("kubernetes.yaml"))?.[1] ?? ""
    assert.strictEqual(parse(address.replace("$(POD_IP)", "10.1.2.3"))?.port, 7400)
    assert.match(fileOf("kubernetes.yaml"), /containerPort: 7400/)
  })

  it.skipIf(bin === undefined)(
    "Its program compiles, runs on two machines, and its container's command joins and leaves with code 0.",
    { timeout: 400_000 },
    async () => {
      const database = await postgres.make(bin ?? "")
      const runtime = mkdtempSync(join(tmpdir(), "heddle-run-"))
      const ports = [await freePort(), await freePort(), await freePort()]
      const replaced = (text: string): string =>
        text.replaceAll(/127\.0\.0\.1:740([12])/g, (_, number) => `127.0.0.1:${ports[Number(number) - 1]}`)
      // Which rooms are on which machine, and where the bot is, is nobody's promise.
      const normal = (line: string): string =>
        shapeOf(line.replace(/ \d+\/256/, " PARTS")).replaceAll(/127\.0\.0\.1:\S+/g, "ADDRESS").replace(/ bot$/, "")
          .replace(/ (this one|now) /, " NEWS ")
      /** Runs a command against the first machine. */
      const heddle = async (args: ReadonlyArray<string>, cwd: string): Promise<string> => {
        const sockets = join(runtime, "heddle")
        const pids = readdirSync(sockets).flatMap((file) => file.endsWith(".json") ? [file.split("-")[0] ?? ""] : [])
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [join(cwd, "node_modules/.bin/heddle"), ...args, "--pid", pids[0] ?? ""],
          { cwd, env: { ...process.env, XDG_RUNTIME_DIR: runtime } }
        )
        return stdout
      }
      /** Runs it until it prints this: on a busy computer a machine may be put out for a moment. */
      const prints = async (args: ReadonlyArray<string>, wanted: ReadonlyArray<string>, cwd: string): Promise<void> => {
        for (let tries = 0;; tries++) {
          const printed = await heddle(args, cwd).catch(String)
          if (missing(printed, wanted, normal) === undefined) return
          assert.isBelow(tries, 20, printed)
        }
      }
      try {
        await follow([...steps(name), compiles], {
          installed: ["typescript", "@types/node"],
          files: tsconfig,
          env: { XDG_RUNTIME_DIR: runtime, HEDDLE_LOG: "text" },
          replace: {
            "postgres://postgres:secret@127.0.0.1:5432/postgres": database.url,
            "127.0.0.1:7401": replaced("127.0.0.1:7401"),
            "127.0.0.1:7402": replaced("127.0.0.1:7402")
          },
          normal,
          patienceMillis: 150_000,
          async instead(command, folder) {
            if (command.startsWith("docker ")) return true
            const [, written] = /^npx heddle (.*)$/.exec(command) ?? []
            if (written === undefined) return false
            const args = written.split(" ").map((word) => word.replaceAll("'", ""))
            await prints(args, printsOf(command), folder)
            return true
          },
          async check(folder) {
            await prints(["ps", "--health"], ["healthy"], folder)
            const command: unknown = JSON.parse(/^CMD (.*)$/m.exec(fileOf("Dockerfile"))?.[1] ?? "")
            await startAndStop(Array.isArray(command) ? command.map(String) : [], {
              cwd: folder,
              up: "thread \"heddle.cluster\" #1 is ready",
              env: {
                HEDDLE_LOG: "text",
                XDG_RUNTIME_DIR: runtime,
                DATABASE_URL: database.url,
                HEDDLE_CLUSTER_KEY: /^HEDDLE_CLUSTER_KEY=(.*)$/m.exec(fileOf(".env"))?.[1] ?? "",
                HEDDLE_ADDRESS: `127.0.0.1:${ports[2]}`
              }
            })
          }
        })
      } finally {
        await database.remove()
        rmSync(runtime, { recursive: true })
      }
    }
  )
})
