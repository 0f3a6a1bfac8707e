/** What a thread writes to standard output, compared with what the same code writes on the main thread. */
import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const main = fileURLToPath(new URL("../fixtures/writing/main.ts", import.meta.url))
const write = (where: "main" | "thread") =>
  promisify(execFile)(process.execPath, [main, where], { encoding: "buffer", timeout: 50_000 })

it("S6: A thread writes what Node writes, byte for byte, and refuses what Node refuses.", async () => {
  const [onMain, onThread] = await Promise.all([write("main"), write("thread")])
  assert.deepStrictEqual(JSON.parse(onThread.stderr.toString()), JSON.parse(onMain.stderr.toString()))
  const written = onThread.stdout.toString("latin1")
  assert.deepStrictEqual(written.split("\n"), onMain.stdout.toString("latin1").split("\n"))
  for (const line of ["hex", "base64", "base64url", "latin1 äöü", "part", "view", "he", "corked 2", "default"]) {
    assert.include(written.split("\n"), line)
  }
  for (const code of ["ERR_STREAM_NULL_VALUES", "ERR_INVALID_ARG_TYPE", "ERR_UNKNOWN_ENCODING"]) {
    assert.include(onThread.stderr.toString(), code)
  }
})
