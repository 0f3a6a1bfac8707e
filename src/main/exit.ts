import { endAll } from "./children.ts"

/**
 * Ends the process at once, even when a thread is in a synchronous native call, whose end `process.exit` would wait for.
 *
 * Replacing the process by one that only exits is the one way to end all threads and still choose the exit code. Where
 * there is none (Windows, or a Node without `process.execve`) the process ends when the call does.
 */
export const leave = (code: number): never => {
  endAll()
  try {
    process.execve?.("/bin/sh", ["sh", "-c", `exit ${code}`])
  } catch {
    // No shell here.
  }
  return process.exit(code)
}
