/** What a thread writes to standard output, compared with what the same code writes on the main thread. */
import { assert, it } from "@effect/vitest"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const main = fileURLToPath(new URL("../fixtures/writing/main.ts", import.meta.url))

/** Runs the program with its output going to files. */
const write = async (where: "main" | "thread") => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-writing-"))
  const [out, err] = ["stdout", "stderr"].map((name) => join(folder, name))
  const files = [out, err].map((file) => openSync(file ?? "", "w"))
  try {
    const child = spawn(process.execPath, [main, where], { stdio: ["ignore", ...files], timeout: 50_000 })
    await once(child, "close")
    return { stdout: readFileSync(out ?? "", "latin1"), stderr: readFileSync(err ?? "", "utf8") }
  } finally {
    files.forEach(closeSync)
    rmSync(folder, { recursive: true })
  }
}

it("S6: A thread writes what Node writes, byte for byte, and refuses what Node refuses.", async () => {
  const [onMain, onThread] = await Promise.all([write("main"), write("thread")])
  assert.deepStrictEqual(JSON.parse(onThread.stderr), JSON.parse(onMain.stderr))
  const lines = onThread.stdout.split("\n")
  assert.deepStrictEqual(lines, onMain.stdout.split("\n"))
  for (const line of ["hex", "base64", "base64url", "part", "view", "he", "corked 2", "default", "after both"]) {
    assert.include(lines, line)
  }
  for (const code of ["ERR_STREAM_NULL_VALUES", "ERR_INVALID_ARG_TYPE", "ERR_UNKNOWN_ENCODING"]) {
    assert.include(onThread.stderr, code)
  }
})

it("S6: What a thread writes after a pipeline into its output has ended is not lost, into a pipe either.", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [main, "thread"], { timeout: 50_000 })
  assert.deepStrictEqual(stdout.trimEnd().split("\n").slice(-2), ["pipeline", "after both"])
})
