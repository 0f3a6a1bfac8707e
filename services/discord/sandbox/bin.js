#!/usr/bin/env node
// Plain JavaScript, so that a Node that can't run the rest can still say so.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major > 22 || (major === 22 && minor >= 19)) {
  const { main } = await import("./cli.ts")
  main()
} else {
  process.stderr.write(`heddle-discord-sandbox needs Node 22.19 or newer, and this is Node ${process.versions.node}.\n`)
  process.exitCode = 1
}
