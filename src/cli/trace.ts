/**
 * Errors for people who look for the place in their own files.
 */
import { spawnSync } from "node:child_process"
import * as ExitCause from "../ExitCause.ts"

/** An error with the places in the user's own files. */
export const trace = (error: unknown, url?: string): string => {
  const { message, name, stack } = ExitCause.describe(error)
  const lines = stack.split("\n").filter((line) => line !== "" && !/[ (]node:/.test(line))
  const place = url !== undefined && error instanceof SyntaxError && !stack.includes("file:") ? placeIn(url) : ""
  return place + (lines.length > 0 ? lines.join("\n") : name === message ? message : `${name}: ${message}`)
}

/** Where the syntax error of a module is, which Node tells only when it prints the error itself. */
const placeIn = (url: string): string => {
  const args = ["--input-type=module", "--eval", `import ${JSON.stringify(url)}`]
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 10_000 })
  const end = stderr.indexOf("SyntaxError")
  return stderr.startsWith("file:") && end > 0 ? stderr.slice(0, end) : ""
}
