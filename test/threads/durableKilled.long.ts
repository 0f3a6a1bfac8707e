/** Kills a process that sends durable messages, at random moments: 10 times, or as often as HEDDLE_TEST_KILLS says. */
import { assert, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { killed } from "./durableKills.ts"

const kills = Number(process.env["HEDDLE_TEST_KILLS"] ?? 10)

it("M2: However often the process is killed, what was accepted runs, and what runs twice says so.", {
  timeout: kills * 30_000
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-killed-"))
  const account = await killed(folder, kills, () => 1 + Math.floor(Math.random() * 300))
  rmSync(folder, { recursive: true })
  const { accepted, complaint, inexact, lost, unannounced } = account
  process.stdout.write(`${kills} kills: ${accepted} accepted, ${account.repeated} ran more than once\n`)
  assert.isAtLeast(accepted, kills)
  assert.deepStrictEqual(lost, [])
  assert.deepStrictEqual(unannounced, [])
  assert.deepStrictEqual(inexact, [])
  assert.strictEqual(complaint, "")
})
