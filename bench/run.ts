/**
 * `npm run bench`: answers all questions, or those that are named (`npm run bench -- link start`), and writes
 * bench/README.md.
 *
 * **Details**
 * - `BENCH_ROUNDS`: rounds of each comparison after the warm-up. Default 5; 1 for a look.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Answer, keep, markdown } from "./report.ts"

const questions: Readonly<Record<string, () => Promise<{ readonly default: () => Promise<Answer> }>>> = {
  link: () => import("./link.ts"),
  bytes: () => import("./bytes.ts"),
  local: () => import("./local.ts"),
  start: () => import("./start.ts"),
  idle: () => import("./idle.ts"),
  main: () => import("./main.ts"),
  blocked: () => import("./blocked.ts"),
  http: () => import("./http.ts"),
  memory: () => import("./memory.ts"),
  growth: () => import("./growth.ts")
}

const peers = new URL("./peers/", import.meta.url)
if (!existsSync(new URL("node_modules", peers))) {
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", fileURLToPath(peers)], { stdio: "inherit" })
}
mkdirSync(new URL("./results/", import.meta.url), { recursive: true })

const named = process.argv.slice(2)
for (const name of named.length === 0 ? Object.keys(questions) : named) {
  const question = questions[name]
  if (question === undefined) {
    console.error(`There is no benchmark "${name}"; there are ${Object.keys(questions).join(", ")}.`)
    process.exit(1)
  }
  const began = performance.now()
  const answer = await (await question()).default()
  keep(name, answer)
  console.log(`\n${name}, ${Math.round((performance.now() - began) / 1000)} s`)
  for (const { id, measured, met, target, what } of answer.targets) {
    console.log(`  ${met ? "met    " : "NOT MET"}  ${id} ${what}: ${measured} (target ${target})`)
  }
  for (const { columns, rows, title } of answer.tables) {
    console.log(`\n  ${title}`)
    console.log(markdown(columns, rows).replaceAll(/^/gm, "  "))
  }
}
