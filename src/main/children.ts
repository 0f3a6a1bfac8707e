/**
 * What dead threads had spawned, ended before their successors begin, and before the process ends.
 *
 * Main's own child processes are the program's, and are not touched.
 */
import type { ChildProcess } from "node:child_process"
import * as children from "../shared/childNotes.ts"

const held = new Set<children.Table>()

/** The threads that are child processes themselves. */
const threads = new Set<ChildProcess>()

/** Holds a thread that is a child process until it is dead. */
export const holdThread = (thread: ChildProcess): () => void => {
  if (held.size + threads.size === 0) process.on("exit", endAll)
  threads.add(thread)
  return () => {
    threads.delete(thread)
    if (held.size + threads.size === 0) process.off("exit", endAll)
  }
}

/** How long a child that was killed is waited for: it may be in a call of the kernel that can't be interrupted. */
const longestMillis = 1000
const everyMillis = 2

/** Ends the children of all threads at once: the process is about to end, and may not get to the end of its threads. */
export const endAll = (): void => {
  for (const thread of threads) thread.kill("SIGKILL")
  for (const table of held) for (const child of table.list()) children.signal(child, "SIGKILL")
}

/** Holds a thread's table until the thread is dead; then `end` kills what it has left, and goes on when that is dead, too. */
export const hold = (memory: SharedArrayBuffer) => {
  const table = children.make(memory)
  const outers = children.inherited.map(children.make)
  if (held.size + threads.size === 0) process.on("exit", endAll)
  held.add(table)
  return {
    end(then: () => void): void {
      held.delete(table)
      if (held.size + threads.size === 0) process.off("exit", endAll)
      const left = table.list()
      for (const child of left) {
        children.signal(child, "SIGKILL")
        for (const outer of outers) outer.forget(child)
      }
      const byMillis = performance.now() + longestMillis
      const look = (): void => {
        if (left.some(children.runs) && performance.now() < byMillis) setTimeout(look, everyMillis)
        else then()
      }
      look()
    }
  }
}
