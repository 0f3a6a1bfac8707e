import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { cores } from "../../src/base/cores.ts"

const unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
const legacy = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
  "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"

/** A machine with 16 cores and these files. */
const on = (files: Readonly<Record<string, string>>, affinity = 16): number =>
  cores({ affinity, read: (path) => files[path] })

const v2 = (path: string, quotas: Readonly<Record<string, string>>, mounts = unified) =>
  on({
    "/proc/self/cgroup": `0::${path}\n`,
    "/proc/self/mountinfo": mounts,
    ...Object.fromEntries(Object.entries(quotas).map(([folder, quota]) => [`${folder}/cpu.max`, `${quota}\n`]))
  })

const v1 = (
  path: string,
  quotas: Readonly<Record<string, readonly [quota: number, period: number]>>,
  mounts = legacy
) =>
  on({
    "/proc/self/cgroup": `12:memory:/other\n4:cpu,cpuacct:${path}\n1:cpuset:/\n`,
    "/proc/self/mountinfo": mounts,
    ...Object.fromEntries(
      Object.entries(quotas).flatMap(([folder, [quota, period]]) => [
        [`${folder}/cpu.cfs_quota_us`, `${quota}\n`],
        [`${folder}/cpu.cfs_period_us`, `${period}\n`]
      ])
    )
  })

describe("F25: T30: The cores that a process may use", () => {
  const top = "/sys/fs/cgroup"
  const cpu = "/sys/fs/cgroup/cpu,cpuacct"
  for (
    const [what, found, expected] of [
      ["no file can be read", on({}), 16],
      ["there are no cgroups", on({ "/proc/self/cgroup": "", "/proc/self/mountinfo": "" }), 16],
      ["the affinity is smaller than the quota", on({}, 3), 3],
      ["v2 has no limit", v2("/", { [top]: "max 100000" }), 16],
      ["v2 has a quota in the container's own root", v2("/", { [top]: "300000 100000" }), 3],
      ["v2 has another period", v2("/", { [top]: "100000 50000" }), 2],
      ["a quota has no period, which is 100 ms then", v2("/", { [top]: "400000" }), 4],
      ["a quota is no whole number of cores", v2("/", { [top]: "250000 100000" }), 2],
      ["a quota is less than one core", v2("/", { [top]: "20000 100000" }), 1],
      ["a quota is larger than the machine", v2("/", { [top]: "9900000 100000" }), 16],
      ["the quota is at a parent", v2("/a/b", { [`${top}/a/b`]: "max 100000", [`${top}/a`]: "200000 100000" }), 2],
      [
        "several are nested: the smallest counts",
        v2("/a/b", { [`${top}/a/b`]: "800000 100000", [`${top}/a`]: "500000 100000", [top]: "600000 100000" }),
        5
      ],
      ["one is below another group", v2("/a", { [`${top}/a/b`]: "200000 100000", [`${top}/ab`]: "200000 100000" }), 16],
      ["a file has nonsense", v2("/", { [top]: "many cores" }), 16],
      ["a file is empty", v2("/", { [top]: "" }), 16],
      ["a quota is zero or negative", v2("/", { [top]: "-5 100000" }), 16],
      [
        "the path is one of the host, and the container's group is mounted",
        v2("/docker/1f", { [top]: "200000 100000" }, unified.replace(" / /sys", " /docker/1f /sys")),
        2
      ],
      ["the path is one of the host, and is not to be seen here", v2("/docker/1f", { [top]: "200000 100000" }), 2],
      ["the path leads out of the own namespace", v2("/../x", { [top]: "200000 100000", "/sys/fs/x": "100000" }), 2],
      [
        "it is mounted elsewhere, at a path with a space",
        v2("/", { "/mnt/c g": "200000 100000" }, unified.replace("/sys/fs/cgroup", "/mnt/c\\040g")),
        2
      ],
      ["v1 has no limit", v1("/", { [cpu]: [-1, 100_000] }), 16],
      ["v1 has a quota", v1("/a", { [`${cpu}/a`]: [300_000, 100_000] }), 3],
      ["v1 has one at a parent", v1("/a/b", { [`${cpu}/a/b`]: [-1, 100_000], [`${cpu}/a`]: [100_000, 50_000] }), 2],
      [
        "v1 has a path of the host",
        v1(
          "/docker/1f",
          { [cpu]: [200_000, 100_000] },
          legacy.replace(" / /sys/fs/cgroup/cpu,", " /docker/1f /sys/fs/cgroup/cpu,")
        ),
        2
      ],
      ["v1 has a quota in another hierarchy only", v1("/", { "/sys/fs/cgroup/cpuset": [100_000, 100_000] }), 16]
    ] as const
  ) it(`There are ${expected} when ${what}.`, () => assert.strictEqual(found, expected))

  it("There are ever fewer with v1 and v2 mounted together: the smaller quota counts.", () => {
    const found = on({
      "/proc/self/cgroup": "1:cpu:/\n0::/a\n",
      "/proc/self/mountinfo": `${legacy}${unified.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified")}`,
      [`${cpu}/cpu.cfs_quota_us`]: "500000\n",
      [`${cpu}/cpu.cfs_period_us`]: "100000\n",
      "/sys/fs/cgroup/unified/a/cpu.max": "400000 100000\n"
    })
    assert.strictEqual(found, 4)
  })

  it("There are as many as the affinity leaves where this test runs, or fewer.", () => {
    assert.isAtLeast(cores(), 1)
    assert.isAtMost(cores(), availableParallelism())
  })

  it.runIf(existsSync("/usr/bin/taskset"))("There is one if the affinity leaves one.", () => {
    const file = new URL("../../src/base/cores.ts", import.meta.url).href
    const program = `console.log((await import(${JSON.stringify(file)})).cores())`
    const output = execFileSync("taskset", ["-c", "0", process.execPath, "--input-type=module", "-e", program])
    assert.strictEqual(String(output), "1\n")
  })
})
