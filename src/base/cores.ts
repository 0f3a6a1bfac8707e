/**
 * How many of the machine's cores this process may use: those of its CPU affinity, as far as the quotas of its cgroups go.
 *
 * A quota holds for a group and all below it, so each ancestor that can be seen counts. In a container the path of the own group
 * may be one of the host, of which only the part below the mount is there.
 *
 * Source: cgroups(7), proc_pid_mountinfo(5); `cpu.max` in the kernel's cgroup-v2.rst, `cpu.cfs_quota_us` in sched-bwc.rst.
 */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { posix } from "node:path"

/** What is asked for the number of cores. */
export interface Machine {
  /** How many the affinity of the process leaves. */
  readonly affinity: number
  /** The text of a file; nothing if it can't be read. */
  readonly read: (path: string) => string | undefined
}

/** The machine that this process runs on. */
export const machine = (): Machine => ({
  affinity: availableParallelism(),
  read(path) {
    try {
      return readFileSync(path, "utf8")
    } catch {
      return undefined
    }
  }
})

/** How many cores the process may use: at least one. A quota of 2.5 cores is two. */
export const cores = (on: Machine = machine()): number => {
  const quota = Math.min(Infinity, ...groups(on).flatMap((group) => quotasOf(on, group)))
  return Math.max(1, Math.floor(Math.min(on.affinity, quota)))
}

/** A place where the quotas of this process may be: a mounted hierarchy, and the own group in it. */
interface Group {
  readonly version: 1 | 2
  /** The folder of the mount, and that of the own group, in it or the same. */
  readonly mount: string
  readonly folder: string
}

/** The cgroups that the process is in, where their hierarchies are mounted. */
const groups = ({ read }: Machine): ReadonlyArray<Group> => {
  const paths = (read("/proc/self/cgroup") ?? "").split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    return controllers === undefined || path === undefined ? [] : [{ controllers: controllers.split(","), path }]
  })
  const pathOf = (controller: string): string | undefined =>
    paths.find(({ controllers }) => controllers.includes(controller))?.path
  return (read("/proc/self/mountinfo") ?? "").split("\n").flatMap((line): ReadonlyArray<Group> => {
    const mounted = parseMount(line)
    if (mounted === undefined) return []
    const { mount, root, version } = mounted
    // The hierarchy of version 2 has no name there.
    const path = pathOf(version === 2 ? "" : "cpu")
    return path === undefined ? [] : [{ version, mount, folder: posix.join(mount, below(root, path)) }]
  })
}

/** A mount of cgroups that may limit processor time: its folder, and the group that is seen there. */
const parseMount = (
  line: string
): { readonly version: 1 | 2; readonly mount: string; readonly root: string } | undefined => {
  const [own = "", others = ""] = line.split(" - ")
  const [, , , root, mount] = own.split(" ")
  const [type, , options = ""] = others.split(" ")
  if (root === undefined || mount === undefined) return undefined
  const place = { root: unescape(root), mount: unescape(mount) }
  if (type === "cgroup2") return { version: 2, ...place }
  return type === "cgroup" && options.split(",").includes("cpu") ? { version: 1, ...place } : undefined
}

/** The kernel writes spaces and the like as octal numbers. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

/** The part of a group's path that is below the one that is mounted; of one that is elsewhere, nothing. */
const below = (root: string, path: string): string => {
  const seen = posix.normalize(`${path}/`)
  const mounted = posix.normalize(`${root}/`)
  // A path that leads out of the own namespace begins with "/..", which `normalize` removes.
  return seen.startsWith(mounted) && !path.includes("/..") ? seen.slice(mounted.length - 1) : "/"
}

/** The quotas of a group and its ancestors, in cores. */
const quotasOf = ({ read }: Machine, { folder, mount, version }: Group): ReadonlyArray<number> => {
  const folders: Array<string> = []
  for (let at = posix.normalize(folder); at.startsWith(mount); at = posix.dirname(at)) {
    folders.push(at)
    if (posix.relative(mount, at) === "") break
  }
  return folders.flatMap((folder) => {
    const [quota, period] = version === 2
      ? (read(posix.join(folder, "cpu.max")) ?? "").trim().split(/\s+/)
      : [read(posix.join(folder, "cpu.cfs_quota_us")), read(posix.join(folder, "cpu.cfs_period_us"))]
    // "max" and -1 are no limit, and neither is what nobody can read.
    const count = Number(quota) / Number(period ?? 100_000)
    return count > 0 && Number.isFinite(count) ? [count] : []
  })
}
