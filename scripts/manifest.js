// npm runs this around packing. `dist` points package.json at the compiled files, since Node strips no types inside
// node_modules; `src` points it back at the sources. Nothing but those paths changes.
//
// npm may die between the two. A process of its own waits for npm's end, and puts the paths back if nobody has.
import { spawn } from "node:child_process"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"

const file = "package.json"

// The path of a command has no "./" before it: npm would take it off, and warn of that.
const compiled = (text) =>
  text.replace(/"(\.\/)?src\/([^"]+)"/g, (_, here = "", path) => `"${here}dist/${path.replace(/\.ts$/, ".js")}"`)

const source = (text) =>
  text.replace(/"(\.\/)?dist\/([^"]+)"/g, (_, here = "", path) => {
    const typescript = path.replace(/\.js$/, ".ts")
    return `"${here}src/${existsSync(`src/${typescript}`) ? typescript : path}"`
  })

/** Replaces the file in one step: whoever dies here leaves the old one or the new one. */
const change = (pathsOf) => {
  const before = readFileSync(file, "utf8")
  const after = pathsOf(before)
  if (after === before) return
  writeFileSync(`${file}.new`, after)
  renameSync(`${file}.new`, file)
}

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const [, script, paths, npm, ...others] = process.argv

if (paths === "dist") {
  // The shell knows npm's pid from its start, and this process has replaced the shell. When npm is not the parent any more, it
  // died while the sources were being compiled.
  if (process.ppid !== Number(npm)) process.exit(1)
  spawn(process.execPath, [script, "src", npm, process.pid], { detached: true, stdio: "ignore" }).unref()
  change(compiled)
} else {
  const ends = npm === undefined ? [] : [npm, ...others].map(Number)
  while (ends.some(isAlive)) await setTimeout(50)
  change(source)
}
