/**
 * What becomes of asks when a thread, or a process, dies: `npm run bench:deaths` prints the tables of docs/deaths.md.
 *
 * For each way to die: 100 asks that run (one of which ends the thread), 100 queued behind them, 100 on a sibling thread. Then ten keys
 * of a keyed actor, each with one ask that runs and nine behind it; one key has the handler that brings death.
 */
import { spawnSync } from "node:child_process"
import { cpus, loadavg } from "node:os"
import { fileURLToPath } from "node:url"
import { build, type Command } from "./bundle/built.ts"

const program = new URL("./deaths/program.ts", import.meta.url)

const line = (cells: ReadonlyArray<string>) => console.log(`| ${cells.join(" | ")} |`)

const ofActors = ["100 running", "100 queued", "100 on a sibling", "incarnations"]
const ofKeys = ["it", "9 behind it", "9 of other keys", "81 behind those", "incarnations"]

/** Runs the program, and prints its rows as a table. */
const table = (title: string, who: string, [file, ...args]: Command, isolation: string, columns = ofActors): void => {
  console.log(`\n${title}\n`)
  line([`the ${who} ends by`, ...columns])
  line(["---", ...columns.map(() => "---")])
  const { status, stderr, stdout } = spawnSync(file, [...args, isolation], { encoding: "utf8" })
  if (status !== 0) throw new Error(stderr)
  for (const row of stdout.split("\n").filter((text) => text.startsWith("["))) line(JSON.parse(row))
}

console.log(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString().slice(0, 10)}, load ${
    loadavg()[0]?.toFixed(0)
  }`
)
const sources: Command = [process.execPath, fileURLToPath(program)]
table("Threads", "thread", sources, "thread")
table("Processes, from sources", "process", sources, "process")
const built = build(program)
try {
  table("Processes, of the program as one file", "process", built.file, "process")
} finally {
  built.remove()
}
const keys: Command = [process.execPath, fileURLToPath(new URL("./deaths/keys.ts", import.meta.url))]
table("Keys", "key's handler", keys, "thread", ofKeys)
