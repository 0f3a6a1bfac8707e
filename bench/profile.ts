/**
 * `node bench/profile.ts asks|tells|stream|latencies`: where heddle's time goes, by V8's CPU profiler: the functions with
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
const [count, second] = what === "latencies" ? [20_000, 1] : [100_000, 1000]
const folder = mkdtempSync(join(tmpdir(), "heddle-profile-"))
const heddle = await start(new URL("./link/contestants/heddle.ts", import.meta.url), {
  execArgv: ["--cpu-prof", `--cpu-prof-dir=${folder}`]
})
for (let round = 0; round < 4; round++) {
  const numbers = await heddle.measure(what, count, second)
  if (numbers.length === 1) console.log(`${what}: ${Math.round(count / (numbers[0] ?? 0))} k/s`)
}
await heddle.close()

for (const file of readdirSync(folder).sort()) {
  const { nodes, samples, timeDeltas }: Profile = JSON.parse(readFileSync(join(folder, file), "utf8"))
  const names = new Map(nodes.map(({ callFrame: { functionName, lineNumber, url }, id }) => [
    id,
    `${functionName || "(anonymous)"} ${url.split("/").slice(-2).join("/")}${
      lineNumber < 0 ? "" : `:${lineNumber + 1}`
    }`
  ]))
  const own = new Map<string, number>()
  samples.forEach((id, index) => {
    const name = names.get(id) ?? ""
    own.set(name, (own.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  })
  const total = timeDeltas.reduce((sum, delta) => sum + delta, 0) / 1000
  console.log(`\nthread ${file.split(".")[3]}, ${Math.round(total)} ms`)
  for (const [name, millis] of Array.from(own).toSorted((a, b) => b[1] - a[1]).slice(0, 15)) {
    console.log(`${(millis / total * 100).toFixed(1).padStart(6)} %  ${name}`)
  }
}
rmSync(folder, { recursive: true })
