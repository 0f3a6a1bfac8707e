import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { promisify } from "node:util"

const root = new URL("..", import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** The lines of the leading comment that follow "Expected output:", without their indentation. */
const expectedOutput = (source: string): string => {
  const lines = source.split("\n")
  const comment = lines.slice(0, lines.findIndex((line) => !line.startsWith("//")))
  const from = comment.findIndex((line) => line.endsWith("Expected output:"))
  assert.isAtLeast(from, 0, "the leading comment has no \"Expected output:\"")
  return comment.slice(from + 1).map((line) => `${line.replace("//   ", "")}\n`).join("")
}

const run = (path: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  promisify(execFile)(process.execPath, [path], { cwd: root, timeout: 20_000 })

const programs = readdirSync(new URL("examples", root)).filter((name) => /(?<!\.test)\.ts$/.test(name))

it.each(programs)(
  "examples/%s prints what its comment says.",
  async (name) => {
    const path = `examples/${name}`
    const { stderr, stdout } = await run(path)
    assert.strictEqual(stdout, expectedOutput(read(path)))
    assert.strictEqual(stderr, "")
  }
)

it("The README shows examples/01-hello.ts as it is.", () => {
  const blocks = Array.from(read("README.md").matchAll(/```ts\n(.*?)```/gs), ([, code]) => code)
  const code = read("examples/01-hello.ts").replace(/^(\/\/.*\n)+/, "")
  assert.isTrue(blocks.includes(code), "no block of the README is the code of the example")
  assert.isAtMost(code.trimEnd().split("\n").length, 30)
  const [first, second] = expectedOutput(read("examples/01-hello.ts")).trimEnd().split("\n")
  assert.include(read("README.md"), `It prints \`${first}\` and \`${second}\`.`)
})
