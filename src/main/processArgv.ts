/**
 * What a child process is started with: the program's own arguments and flags, and what makes it a thread and not the program.
 */
import type { ResourceLimits } from "node:worker_threads"
import { flagsOfChild } from "./workerArgv.ts"

/** The environment variable by which a process learns that it is a thread, and where its beginning lies. */
export const childVariable = "HEDDLE_PROCESS"

/**
 * Runs before all else in a child: what asks whether it runs on the main thread is told that it does not, as on any heddle
 * thread. Else the program would start itself once more. Not in the child's own children, which don't have the variable.
 */
const preload = `data:text/javascript,${
  encodeURIComponent(
    `import { syncBuiltinESMExports } from "node:module"
import threads from "node:worker_threads"
if (process.env.${childVariable} !== undefined && process.send !== undefined && threads.isMainThread) {
  threads.isMainThread = false
  syncBuiltinESMExports()
}`
  )
}`

/** The limits of the heap, as flags of V8. A process has one stack and one range for code, whose limits are the system's. */
export const heapFlags = (
  { maxOldGenerationSizeMb, maxYoungGenerationSizeMb }: ResourceLimits = {},
  defaultYoungMb: number
): ReadonlyArray<string> => {
  // V8 counts two semi-spaces and one for large objects.
  const semiSpaceMb = Math.max(1, Math.floor((maxYoungGenerationSizeMb ?? defaultYoungMb) / 3))
  const old = maxOldGenerationSizeMb === undefined ? [] : [`--max-old-space-size=${Math.ceil(maxOldGenerationSizeMb)}`]
  return [`--max-semi-space-size=${semiSpaceMb}`, ...old]
}

/** What to start. */
export interface Command {
  readonly args: ReadonlyArray<string>
  readonly env: NodeJS.ProcessEnv
}

/**
 * The arguments and the environment of a child that runs a file, or the executable that this process is.
 *
 * **Details**
 * - An executable takes flags of Node from `NODE_OPTIONS` only.
 */
export const commandOf = (file: string | undefined, flags: ReadonlyArray<string>): Command => {
  const own = process.argv.slice(2)
  if (file !== undefined) {
    return {
      args: ["--import", preload, ...flagsOfChild(process.execArgv), ...flags, file, ...own],
      env: process.env
    }
  }
  const options = [process.env["NODE_OPTIONS"] ?? "", ...flags].join(" ").trim()
  return { args: own, env: { ...process.env, NODE_OPTIONS: options } }
}
