// npm runs this around packing. `dist` points package.json at the compiled files, since Node strips no types inside
// node_modules; `src` points it back at the sources. Nothing but those paths changes.
//
// npm may die between the two. A process of its own waits for that, and puts the paths back then.
import { spawn } from "node:child_process"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"

const file = "package.json"

const compiled = (text) => text.replace(/"\.\/src\/([^"]+)"/g, (_, path) => `"./dist/${path.replace(/\.ts$/, ".js")}"`)

const source = (text) =>
  text.replace(/"\.\/dist\/([^"]+)"/g, (_, path) => {
    const typescript = path.replace(/\.js$/, ".ts")
    return `"./src/${existsSync(`src/${typescript}`) ? typescript : path}"`
  })

/** Replaces the file in one step: whoever dies here leaves the old one or the new one. */
const change = (pathsOf) => {
  const before = readFileSync(file, "utf8")
  const after = pathsOf(before)
  if (after === before) return
  writeFileSync(`${file}.new`, after)
  renameSync(`${file}.new`, file)
}

const isPacking = (npm) => {
  try {
    process.kill(npm, 0)
    return readFileSync(file, "utf8").includes("\"./dist/")
  } catch {
    return false
  }
}

const [, script, paths, npm] = process.argv

if (paths === "dist") {
  change(compiled)
  // This process has replaced the shell of the npm script, so its parent is npm.
  spawn(process.execPath, [script, "src", process.ppid], { detached: true, stdio: "ignore" }).unref()
} else {
  if (npm !== undefined) { while (isPacking(Number(npm))) await setTimeout(50) }
  change(source)
}
