/** A message that kills the process whenever it runs. */
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

const program = fileURLToPath(new URL("../fixtures/durable/killing.ts", import.meta.url))

it("M11: A message that kills the process is a dead letter after five times, and what was with it has run.", {
  timeout: 180_000
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-poison-"))
  const env = {
    ...process.env,
    LEDGER_DATABASE: join(folder, "ledger.db"),
    LEDGER_JOURNAL: join(folder, "journal")
  }
  const live = async (...args: ReadonlyArray<string>) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "inherit"] })
    const closed = once(child, "close")
    const printed = await text(child.stdout)
    const [, signal] = await closed
    return { printed, signal }
  }
  const lives = [await live("first")]
  while (lives.at(-1)?.signal === "SIGKILL" && lives.length < 10) lives.push(await live())
  assert.deepStrictEqual(lives.map(({ signal }) => signal), [...Array.from({ length: 5 }, () => "SIGKILL"), null])
  assert.strictEqual(lives.at(-1)?.printed, "alive\n")
  const database = new DatabaseSync(env.LEDGER_DATABASE)
  const left = database.prepare("SELECT message, state, why FROM heddle_messages").all()
  database.close()
  assert.lengthOf(left, 1)
  assert.deepInclude(left[0], { message: "Kill", state: 3 })
  assert.match(
    String(left[0]?.["why"]),
    /each of the 5 times that it was handed over, the process ended without a stop/
  )
  const ran = new Set(readFileSync(env.LEDGER_JOURNAL, "utf8").split("\n").map((line) => line.split(" ")[0]))
  for (let at = 0; at < 20; at++) assert.isTrue(ran.has(`note:${at}`), `${at}`)
  rmSync(folder, { recursive: true })
})
