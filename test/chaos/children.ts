/** What must not go on running: the child processes of threads that are no more. */
import { readFileSync } from "node:fs"
import type { Line } from "./evidence.ts"

/** Whether a process runs; a zombie, which only its parent's end removes, does not. */
const runs = (pid: string): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  } catch {
    return false
  }
}

export const make = () => {
  const worker = new Map<string, string>()
  const children = new Map<string, { readonly actor: string; readonly worker: string }>()
  return {
    /** Takes note of the lines of a round, and names the children that outlived their thread. */
    orphans(lines: ReadonlyArray<Line>): ReadonlyArray<string> {
      for (const [kind, actor = "", a = "", b = ""] of lines) {
        if (kind === "built") worker.set(actor, b)
        if (kind === "child") children.set(b, { actor, worker: a })
      }
      const orphans = Array.from(children).filter(([, child]) => worker.get(child.actor) !== child.worker)
      for (const [pid] of orphans) children.delete(pid)
      return orphans.flatMap(([pid, { actor }]) =>
        runs(pid) ? [`F21: process ${pid} of ${actor} runs on, and its thread is no more`] : []
      )
    }
  }
}
