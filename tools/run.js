// Runs a command of tools/package.json in the project's folder: `node tools/run.js typedoc --version`. Installs the tools
// first, if they are not there.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

const [tools, root] = [".", ".."].map((path) => fileURLToPath(new URL(path, import.meta.url)))

const run = (command, args, cwd) => {
  const { error, status } = spawnSync(command, args, { cwd, stdio: "inherit" })
  if (error !== undefined) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

// Not `npm ci`: npm 11 leaves the optional packages of other platforms that pnpm has out of the lock, and then finds them missing.
if (!existsSync(`${tools}/node_modules`)) run("npm", ["install", "--no-save", "--no-audit", "--no-fund"], tools)

const [command, ...args] = process.argv.slice(2)
if (command !== undefined) run(`${tools}/node_modules/.bin/${command}`, args, root)
