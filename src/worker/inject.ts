/**
 * Makes this thread fail on purpose, in the ways that threads fail by accident.
 */
import { libc, problem } from "../shared/libc.ts"
import type { Fault } from "../Status.ts"

/**
 * Fails at once, by the means that the fault names.
 *
 * **Gotchas**
 * - `segv`, `abort` and `kill` end the whole process: only a thread that is a process of its own is told so.
 * - `oom` fills the heap of this thread only; `spin` never returns, and the watchdog ends the thread.
 */
export const inject = (fault: Fault): void => {
  switch (fault) {
    case "throw":
      throw new Error("thrown on purpose, for a drill")
    case "exit":
      return process.exit(0)
    case "oom":
      return fillHeap()
    case "spin":
      for (;;);
    case "segv":
      return void crash()
    case "abort":
      return process.abort()
    case "kill":
      return void process.kill(process.pid, "SIGKILL")
  }
}

/** Reads where nothing is. A process that may not is sent the signal that it would get. */
const crash = (): unknown => problem() === undefined ? libc().read(1n) : process.kill(process.pid, "SIGSEGV")

/**
 * Fills the heap in small steps, because a single huge allocation would end the whole process, and between turns of the
 * loop, because near the limit each step takes so long that the watchdog would be first.
 */
const fillHeap = (held: ReadonlyArray<unknown> = []): void => {
  const more = Array.from({ length: 10_000 }, (_, index) => ({ index }))
  setImmediate(() => fillHeap([held, more]))
}
