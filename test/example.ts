/** Runs the programs of `examples`, and compares what they print with what their comments say. */
import { assert } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { promisify } from "node:util"

const root = new URL("..", import.meta.url)

export const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** The programs in `examples`, in their order. */
export const programs: ReadonlyArray<string> = readdirSync(new URL("examples", root))
  .filter((name) => /(?<!\.test)\.ts$/.test(name)).toSorted()

/** The lines of the leading comment that follow "Expected output:", without their indentation. */
export const expectedOutput = (source: string): string => {
  const lines = source.split("\n")
  const comment = lines.slice(0, lines.findIndex((line) => !line.startsWith("//")))
  const from = comment.findIndex((line) => line.endsWith("Expected output:"))
  assert.isAtLeast(from, 0, "the leading comment has no \"Expected output:\"")
  return comment.slice(from + 1).map((line) => `${line.replace("//   ", "")}\n`).join("")
}

/** Runs a program, which must print what its comment says, and nothing else. */
export const printsWhatItSays = async (name: string): Promise<void> => {
  const path = `examples/${name}`
  const { stderr, stdout } = await promisify(execFile)(process.execPath, [path], { cwd: root, timeout: 120_000 })
  assert.strictEqual(stdout, expectedOutput(read(path)))
  assert.strictEqual(stderr, "")
}
