import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { execArgvOf, withoutRefused } from "../../src/main/workerArgv.ts"

describe("the flags of a thread", () => {
  for (
    const [all, kept] of [
      [[], undefined],
      [["--conditions=dev", "-C", "x", "--import", "./hooks.mjs", "--expose-gc"], undefined],
      [["--input-type=module", "--eval", "1"], []],
      [["--input-type", "module", "-e", "- 1"], []],
      [["-C", "dev", "--input-type=module", "-p", "1", "--import", "./hooks.mjs"], [
        "-C",
        "dev",
        "--import",
        "./hooks.mjs"
      ]],
      [["--test", "--test-isolation=none", "--no-warnings"], ["--no-warnings"]],
      [["--watch", "--watch-path", "src", "--trace-warnings"], ["--trace-warnings"]]
    ] as const
  ) {
    it(`Of the flags ${all.join(" ") || "none"} a thread gets ${kept?.join(" ") ?? "all"}.`, () =>
      assert.deepStrictEqual(execArgvOf(all), kept))
  }

  it("The flags of a thread are without those that Node refuses, with their values.", () => {
    const flags = ["--title", "x", "-C", "dev", "--expose-gc", "--max-old-space-size=300"]
    const refused = "Initiated Worker with invalid execArgv flags: --title, --expose-gc, --max-old-space-size=300"
    assert.deepStrictEqual(withoutRefused(flags, refused), ["-C", "dev"])
    assert.deepStrictEqual(withoutRefused(flags, "something else"), [])
  })
})

const config = new URL("../fixtures/arguments/config.ts", import.meta.url).href
const program = `const [Effect, Layer, Logger, { System }, { default: config, Told }] = await Promise.all([
  import("effect/Effect"), import("effect/Layer"), import("effect/Logger"), import("heddle"), import("${config}")])
const told = Effect.flatMap(Told, (told) => told.Arguments())
console.log(JSON.stringify(await Effect.runPromise(
  Effect.provide(told, Layer.provide(System.layer(config), Logger.layer([])))))); process.exit(0)`

/** Runs the program as Node is told to, and reads which arguments its thread has. */
const run = async (args: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL("../fixtures/arguments/", import.meta.url)),
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    timeout: 20_000
  })
  const line: unknown = JSON.parse(stdout.split("\n").find((line) => line.startsWith("{")) ?? "null")
  return line
}

describe("a thread of a program that Node was given as", () => {
  const hooks = "./hooks.mjs"
  for (
    const [what, args, env] of [
      ["--input-type=module --eval", ["--input-type=module", "--eval", program], {}],
      ["flags of V8 besides", ["--expose-gc", "--max-old-space-size=300", "--input-type=module", "-e", program], {}],
      ["a title besides", ["--title", "x", "--input-type", "module", "--eval", program], {}],
      ["-p", ["-p", `(async () => { ${program} })()`], {}],
      ["--eval, with NODE_OPTIONS", ["--eval", program], { NODE_OPTIONS: "--no-warnings --input-type=module" }]
    ] as const
  ) {
    it(`F7: A thread of a program that Node was given as ${what} starts.`, async () =>
      assert.containsAllKeys(await run(args, env), ["argv"]))
  }

  it("F14: A thread has the program's arguments, its conditions, what it preloads, and its environment.", async () => {
    const told = await run(
      [
        "--import",
        hooks,
        "--conditions=dev",
        "--env-file=told.env",
        "--input-type=module",
        "-e",
        program,
        "-",
        "a",
        "b"
      ]
    )
    assert.deepInclude(told, { preloaded: true, condition: "dev", told: "from a file" })
    const script = await run(["--import", hooks, "-C", "dev", "program.mjs", "3", "--shards=4"])
    assert.deepInclude(script, { argv: ["3", "--shards=4"], preloaded: true, condition: "dev" })
  })
})
