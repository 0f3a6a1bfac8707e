/** Kills a process that has schedules, at random moments: 6 times, or as often as HEDDLE_TEST_KILLS says. */
import { assert, describe, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as postgres from "../threads/postgres.ts"

const kills = Number(process.env["HEDDLE_TEST_KILLS"] ?? 6)
const program = fileURLToPath(new URL("../fixtures/scheduled/program.ts", import.meta.url))

/** One life of the process, which ends by a signal, so long after it was up. */
const live = async (env: NodeJS.ProcessEnv, afterMillis: number, signal: NodeJS.Signals): Promise<string> => {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let complaint = ""
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaint += text
  })
  const closed = once(child, "close")
  const up = once(createInterface({ input: child.stdout }), "line")
  await Promise.race([up, closed])
  // A part of its life by chance, in which several seconds may pass.
  await new Promise((resolve) => setTimeout(resolve, afterMillis))
  child.kill(signal)
  await closed
  return complaint
}

const lives = async (folder: string, env: NodeJS.ProcessEnv) => {
  const journal = join(folder, "journal")
  const all = { CLERK_OFTEN: "* * * * * *", CLERK_JOURNAL: journal, CLERK_DATABASE: join(folder, "clerk.db"), ...env }
  let complaint = ""
  for (let kill = 0; kill < kills; kill++) complaint += await live(all, Math.random() * 2500, "SIGKILL")
  complaint += await live(all, 3000, "SIGTERM")
  const runs = readFileSync(journal, "utf8").split("\n").flatMap((line) => {
    const [what, id = "", attempt, redelivered] = line.split(" ")
    return what === "often" ? [{ id, attempt: Number(attempt), redelivered: redelivered === "true" }] : []
  })
  return { complaint, runs }
}

const check = ({ complaint, runs }: Awaited<ReturnType<typeof lives>>): void => {
  assert.strictEqual(complaint, "")
  const ids = Array.from(new Set(runs.map(({ id }) => id))).toSorted()
  const [first = "", last = ""] = [ids[0], ids.at(-1)]
  const seconds = (new Date(last).getTime() - new Date(first).getTime()) / 1000 + 1
  const byId = Map.groupBy(runs, ({ id }) => id)
  const repeated = Array.from(byId.values()).filter(({ length }) => length > 1)
  process.stdout.write(`${kills} kills: ${seconds} times, ${ids.length} have run, ${repeated.length} more than once\n`)
  assert.isAtLeast(seconds, kills)
  assert.strictEqual(ids.length, seconds, "each second from the first to the last has run")
  // Accepted once: what ran again says so, and has counted all deliveries.
  for (const [, ...later] of repeated) assert.isTrue(later.every(({ redelivered }) => redelivered))
}

const patience = (kills + 2) * 60_000

it("M10: However often the process is killed, each time of a schedule has one run, and what runs twice says so.", {
  timeout: patience
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "heddle-cron-"))
  check(await lives(folder, {}))
  rmSync(folder, { recursive: true })
})

const bin = postgres.binaries()

describe.skipIf(bin === undefined)("M10: a schedule in Postgres", () => {
  it(
    "M10: Times have one run in Postgres too, however often the process is killed.",
    { timeout: patience },
    async () => {
      const server = await postgres.make(bin ?? "")
      const folder = mkdtempSync(join(tmpdir(), "heddle-cron-"))
      try {
        check(await lives(folder, { CLERK_URL: server.url }))
      } finally {
        await server.remove()
        rmSync(folder, { recursive: true })
      }
    }
  )
})
