/**
 * How often the kernel has killed a process of this one's cgroup because its memory was full.
 */
import { readFileSync } from "node:fs"

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** Where the counter may be, the most exact first: by the lines of /proc/self/cgroup. Versions 2 and 1 of cgroups have each its own. */
export const filesOf = (cgroups: string): ReadonlyArray<string> => {
  const lines = cgroups.split("\n").map((line) => line.split(":"))
  const of = (controller: string, root: string, file: string) =>
    lines.flatMap(([, controllers = "none", ...path]) =>
      controllers.split(",").includes(controller) ? [`${root}${path.join(":").replace(/\/$/, "")}/${file}`] : []
    )
  return [
    ...of("memory", "/sys/fs/cgroup/memory", "memory.oom_control"),
    ...of("", "/sys/fs/cgroup", "memory.events"),
    "/sys/fs/cgroup/memory.events",
    "/sys/fs/cgroup/memory/memory.oom_control"
  ]
}

/** The counter in the content of such a file; nothing if it has none. */
export const countIn = (content: string): number | undefined => {
  const [, count] = /^oom_kill (\d+)$/m.exec(content) ?? []
  return count === undefined ? undefined : Number(count)
}

/** How often; 0 where the system does not say. */
export const oomKills = (): number => {
  for (const file of filesOf(read("/proc/self/cgroup"))) {
    const count = countIn(read(file))
    if (count !== undefined) return count
  }
  return 0
}
