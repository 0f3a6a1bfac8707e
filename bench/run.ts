/**
 * `npm run bench`: answers all questions, or those that are named (`npm run bench -- link start`), prints the verdict on
 * each target, and rewrites bench/README.md, its charts and `results`.
 *
 * **Details**
 * - `npm run bench -- readme`: measures nothing, writes README and charts from the kept results.
 * - `BENCH_ROUNDS`: rounds of each comparison after the warm-up. Default 5; 1 for a look.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { chartsOf, type Draw } from "./charts.ts"
import { writeGuide } from "./guide.ts"
import { tableText } from "./markdown.ts"
import { watchOthers } from "./noise.ts"
import { judgeAll, type Judged, limitText, marker, write } from "./readme.ts"
import { type Answer, keep, type Kept, kept, sourceNow } from "./report.ts"
import { targets } from "./targets.ts"

const questions: Readonly<Record<string, () => Promise<{ readonly default: () => Promise<Answer> }>>> = {
  link: () => import("./link.ts"),
  shapes: () => import("./shapes.ts"),
  schemas: () => import("./schemas.ts"),
  fanout: () => import("./fanout.ts"),
  pool: () => import("./pool.ts"),
  keyed: () => import("./keyed.ts"),
  durable: () => import("./durable.ts"),
  bytes: () => import("./bytes.ts"),
  local: () => import("./local.ts"),
  http: () => import("./http.ts"),
  start: () => import("./start.ts"),
  bundle: () => import("./bundle.ts"),
  small: () => import("./small.ts"),
  processes: () => import("./processes.ts"),
  idle: () => import("./idle.ts"),
  main: () => import("./main.ts"),
  blocked: () => import("./blocked.ts"),
  memory: () => import("./memory.ts"),
  growth: () => import("./growth.ts"),
  microseconds: () => import("./microseconds.ts")
}

/** Installs what only the benchmarks need, into a folder of its own. */
const install = (name: string): void => {
  const folder = new URL(`./${name}/`, import.meta.url)
  // What npm has installed it notes there: after that, the list of packages has not changed.
  const installed = new URL("node_modules/.package-lock.json", folder)
  const wanted = statSync(new URL("package-lock.json", folder)).mtimeMs
  if (existsSync(installed) && statSync(installed).mtimeMs >= wanted) return
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--prefix", fileURLToPath(folder)], { stdio: "inherit" })
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  ")

/** Writes README and charts from all that is kept. */
const publish = async (answers: ReadonlyArray<Kept>): Promise<void> => {
  const readme = new URL("./README.md", import.meta.url)
  const [head = ""] = readFileSync(readme, "utf8").split(marker)
  writeFileSync(readme, `${head}${marker}\n\n${write(answers, sourceNow())}`)
  writeGuide(answers)
  install("charts")
  // By its address, because its library is there only now.
  const { draw }: { readonly draw: Draw } = await import(new URL("./charts/draw.ts", import.meta.url).href)
  for (const chart of answers.flatMap(chartsOf)) {
    writeFileSync(new URL(`./charts/${chart.file}.svg`, import.meta.url), await draw(chart))
  }
}

const answer = async (name: string, question: () => Promise<{ readonly default: () => Promise<Answer> }>) => {
  const began = performance.now()
  const others = watchOthers()
  const result = await (await question()).default()
  const seconds = (performance.now() - began) / 1000
  const used = others()
  keep(name, seconds, used, result)
  console.log(`\n${name}, ${Math.round(seconds)} s, others used ${((used ?? Number.NaN) * 100).toFixed(0)} %`)
  for (const table of result.tables) console.log(`\n  ${table.title}\n${indent(tableText(table))}`)
  await publish(kept())
}

const line = ({ bound, measured, target, verdict }: Judged): string =>
  `  ${verdict.toUpperCase().padEnd(12)} ${target.id.padEnd(3)} ${target.what}: ${bound.text}: ${measured}, target ${
    limitText(bound)
  }`

const named = process.argv.slice(2)
const unknown = named.find((name) => name !== "readme" && !(name in questions))
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}"; there are ${Object.keys(questions).join(", ")}, and readme.`)
  process.exit(1)
}
const began = performance.now()
const wanted = Object.entries(questions).filter(([name]) => named.length === 0 || named.includes(name))
if (wanted.some(([name]) => ["link", "pool", "durable"].includes(name))) install("peers")
for (const [name, question] of wanted) {
  // The other questions don't depend on it.
  await answer(name, question).catch((error: unknown) => {
    console.error(`\n${name} has no answer:`, error)
    process.exitCode = 1
  })
}
const answers = kept()
if (wanted.length === 0) await publish(answers)
const measuredNow = wanted.length === 0
  ? answers
  : answers.filter(({ question }) => wanted.some(([name]) => name === question))
console.log(`\nTargets, ${Math.round((performance.now() - began) / 1000)} s`)
for (const judged of judgeAll(measuredNow)) if (judged.verdict !== "not measured") console.log(line(judged))
const missed = wanted.length === 0 ? [] : judgeAll(measuredNow).filter(({ verdict }) => verdict === "not met")
const profiles = new Set(
  targets.flatMap((target) =>
    target.profile !== undefined && missed.some((judged) => judged.target === target) ? [target.profile] : []
  )
)
for (const name of profiles) {
  console.log(`\nWhere the time of ${name} goes:`)
  execFileSync(process.execPath, [fileURLToPath(new URL("./profile.ts", import.meta.url)), name], { stdio: "inherit" })
}
