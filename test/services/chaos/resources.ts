/** What this process holds: threads, sockets, other file handles. */
import { readdirSync, readlinkSync } from "node:fs"

export interface Resources {
  readonly threads: number
  readonly sockets: number
  readonly files: number
}

/** Counts them. */
export const count = (): Resources => {
  const links = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      // The handle with which the folder was read.
      return []
    }
  })
  const sockets = links.filter((link) => link.startsWith("socket:")).length
  return { threads: readdirSync("/proc/self/task").length, sockets, files: links.length - sockets }
}

/**
 * What there is more of than before, in words. Less is no leak: a file may have been open for a moment when it was counted.
 */
export const leaks = (before: Resources): ReadonlyArray<string> => {
  const now = count()
  return (["threads", "sockets", "files"] as const)
    .filter((kind) => now[kind] > before[kind])
    .map((kind) => `${before[kind]} ${kind} before, ${now[kind]} now`)
}
