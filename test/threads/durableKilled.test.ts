import { assert, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { killed } from "./durableKills.ts"

it("M2: What was accepted runs though the process is killed, and what runs twice says so.", {
  timeout: 120_000
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-killed-"))
  const { accepted, complaint, inexact, lost, unannounced } = await killed(folder, 1, () => 40)
  rmSync(folder, { recursive: true })
  assert.strictEqual(complaint, "")
  assert.isAtLeast(accepted, 50)
  assert.deepStrictEqual(lost, [])
  assert.deepStrictEqual(unannounced, [])
  assert.deepStrictEqual(inexact, [])
})
