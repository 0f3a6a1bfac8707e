/**
 * `node bench/profile.ts asks|tells|stream|latencies|copy`: where heddle's time goes, by V8's CPU profiler: the functions with
 * the most time of their own, thread by thread.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { start } from "./contestant.ts"

interface Profile {
  readonly nodes: ReadonlyArray<
    { readonly id: number; readonly callFrame: { functionName: string; url: string; lineNumber: number } }
  >
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

const [, , what = "asks"] = process.argv
const [count, second] = what === "copy" ? [500, 2 ** 20] : what === "latencies" ? [50_000, 1] : [200_000, 1000]
const folder = mkdtempSync(join(tmpdir(), "heddle-profile-"))
const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url), {
  execArgv: ["--cpu-prof", `--cpu-prof-dir=${folder}`]
})
for (let round = 0; round < 4; round++) {
  const numbers = await heddle.measure(what, count, second)
  if (numbers.length === 1) console.log(`${what}: ${Math.round(count / (numbers[0] ?? 0))} k/s`)
}
await heddle.close()

/** What a function's file says about the kind of its work. */
const kind = (name: string, url: string): string => {
  if (name === "(idle)" || name === "(garbage collector)" || name === "(program)") return name
  if (name === "postMessage" || name === "flush" || url.includes("per_context/messageport")) return "posting"
  if (url.includes("/effect/") && /schema|Schema|Predicate/.test(url)) return "schemas"
  if (url.includes("/effect/")) return "Effect"
  return url.includes("/heddle/src/") || url.includes("/src/link/") || url.includes("/src/host/")
    ? "heddle"
    : "Node, the rest"
}

const add = (totals: Map<string, number>, name: string, millis: number) =>
  totals.set(name, (totals.get(name) ?? 0) + millis)

const print = (totals: ReadonlyMap<string, number>, whole: number, most: number) => {
  for (const [name, millis] of Array.from(totals).toSorted((a, b) => b[1] - a[1]).slice(0, most)) {
    console.log(`${(millis / whole * 100).toFixed(1).padStart(6)} %  ${name}`)
  }
}

const threads = ["main", "the answering thread", "the asking thread"]
readdirSync(folder).sort().forEach((file, thread) => {
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(join(folder, file), "utf8"))
  const frames = new Map(nodes.map(({ callFrame, id }) => [id, callFrame]))
  const functions = new Map<string, number>()
  const kinds = new Map<string, number>()
  let busy = 0
  samples.forEach((id, index) => {
    const { functionName = "", lineNumber = -1, url = "" } = frames.get(id) ?? {}
    const millis = (timeDeltas[index] ?? 0) / 1000
    if (functionName === "(idle)") return
    busy += millis
    add(kinds, kind(functionName, url), millis)
    const file = url.split("/").slice(-2).join("/")
    add(functions, `${functionName || "(anonymous)"} ${file}${lineNumber < 0 ? "" : `:${lineNumber + 1}`}`, millis)
  })
  const total = timeDeltas.reduce((sum, delta) => sum + delta, 0) / 1000
  console.log(
    `\n${threads[thread]}: ${Math.round(busy)} ms busy of ${Math.round(total)}, start included; of the busy time`
  )
  print(kinds, busy, 8)
  console.log("  by function:")
  print(functions, busy, 15)
})
rmSync(folder, { recursive: true })
