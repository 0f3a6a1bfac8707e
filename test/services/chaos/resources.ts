/** What this process holds: threads, sockets, other file handles. */
import { readdirSync, readlinkSync } from "node:fs"

export interface Resources {
  readonly threads: number
  readonly sockets: number
  readonly files: number
}

export const resources = (): Resources => {
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
