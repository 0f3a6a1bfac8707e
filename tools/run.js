// Runs a command of tools/package.json in the project's folder: `node tools/run.js typedoc --version`. Installs the tools
// first, if they are not there.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const [tools, root] = [".", ".."].map((path) => fileURLToPath(new URL(path, import.meta.url)))

const run = (command, args, cwd) => {
  const { error, status } = spawnSync(command, args, { cwd, stdio: "inherit" })
  if (error !== undefined) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

// Not `npm ci`: npm 11 leaves the optional packages of other platforms that pnpm has out of the lock, and then finds them missing.
const install = () => run("npm", ["install", "--no-save", "--no-audit", "--no-fund"], tools)

// npm writes this file last.
const isInstalled = () => existsSync(`${tools}/node_modules/.package-lock.json`)

/** Whether the process that has written its number into a file is alive. */
const isAlive = (file) => {
  try {
    return process.kill(Number(readFileSync(file, "utf8")), 0)
  } catch {
    return false
  }
}

/** Makes a file that only one process can have; the others wait until it is gone, or its process is. */
const lock = (file) => {
  for (;;) {
    try {
      return writeFileSync(file, String(process.pid), { flag: "wx" })
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
      if (existsSync(file) && !isAlive(file)) rmSync(file, { force: true })
    }
  }
}

// Tests that need the tools run at the same time, and two installations in one folder destroy each other.
if (!isInstalled()) {
  const file = `${tools}/.installing`
  lock(file)
  process.on("exit", () => rmSync(file, { force: true }))
  if (!isInstalled()) install()
  rmSync(file, { force: true })
}

const [command, ...args] = process.argv.slice(2)
if (command !== undefined) run(`${tools}/node_modules/.bin/${command}`, args, root)
