#!/usr/bin/env node
// Plain JavaScript, so that a Node that can't run the rest can still say so.
import * as module from "node:module"

/** Runs a system from a bundle, so that nothing of this command stays in memory. */
const bundled = async (args) => {
  const { moduleOf, startBundled } = await import("./startBundled.ts")
  const file = moduleOf(args)
  return file !== undefined && await startBundled(file)
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major > 22 || (major === 22 && minor >= 19)) {
  // What is compiled today need not be compiled tomorrow.
  module.enableCompileCache()
  const [, , command, ...args] = process.argv
  const isBundled = args.includes("--bundled") && !args.includes("--watch")
  if (!(command === "start" && isBundled && await bundled(args))) await import("./main.ts")
} else {
  process.stderr.write(
    `heddle needs Node 22.19 or newer, and this is Node ${process.versions.node}. ` +
      "In a project, \"npm start\" and \"npx heddle\" use the Node of its node_modules.\n"
  )
  process.exitCode = 1
}
