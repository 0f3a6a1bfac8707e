/**
 * A contestant: one side of a comparison, in a process of its own, so that its garbage and its optimized code don't touch
 * the numbers of another.
 */
import { execFileSync, fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { cpus } from "node:os"

/** What a contestant's module returns from its default export: measurements by name, numbers in and numbers out. */
export type Measurements = Readonly<
  Record<string, (...args: ReadonlyArray<number>) => Promise<ReadonlyArray<number>>>
>

/** What a contestant's process has used since its start, all threads together. */
export interface Usage {
  /** Microseconds of processor time. Noise disturbs it less than any rate. */
  readonly cpuMicros: number
  /** Pages that the kernel had to hand out, without reading a disk. */
  readonly pageFaults: number
}

export interface Contestant {
  readonly pid: number
  readonly measure: (name: string, ...args: ReadonlyArray<number>) => Promise<ReadonlyArray<number>>
  readonly usage: () => Promise<Usage>
  /** Keeps all threads of its process on one processor, or frees them; false where the machine has no `taskset`. */
  readonly onOneProcessor: (one: boolean) => boolean
  readonly close: () => Promise<void>
}

const microsPerTick = 10_000

/** Microseconds of processor time of this process and of all of its children that have ended: what is the benchmark's own. */
export const ownCpuMicros = (): number => {
  const { system, user } = process.cpuUsage()
  return system + user + childrenMicros()
}

/** 0 where there is no /proc. */
const childrenMicros = (): number => {
  try {
    const fields = readFileSync("/proc/self/stat", "utf8").split(") ").at(-1)?.split(" ") ?? []
    const [user, system] = [Number(fields[13]), Number(fields[14])]
    return (user + system) * microsPerTick
  } catch {
    return 0
  }
}

const isNumbers = (value: unknown): value is ReadonlyArray<number> =>
  Array.isArray(value) && value.every((item) => typeof item === "number")

/**
 * Starts a contestant.
 *
 * **Details**
 * - `inThread`: the module runs on a worker thread of its process, so that what it starts is reached from thread to
 *   thread. Default `false`: on the process's main thread.
 * - `execArgv`: options of Node, such as `--cpu-prof`.
 */
export const start = async (
  module: URL,
  options: { readonly inThread?: boolean; readonly env?: NodeJS.ProcessEnv; readonly execArgv?: Array<string> } = {}
): Promise<Contestant> => {
  const child = fork(new URL("./host.ts", import.meta.url), [module.href, options.inThread ? "thread" : "main"], {
    env: { ...process.env, ...options.env },
    execArgv: options.execArgv ?? [],
    // Node's warnings and heddle's log would tear the table.
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })
  const reply = async (): Promise<unknown> => {
    const ended = new AbortController()
    try {
      const exit = once(child, "exit", { signal: ended.signal }).then(([code]) => {
        throw new Error(`${module.pathname} ended with exit code ${code}`)
      })
      const [message] = await Promise.race([once(child, "message", { signal: ended.signal }), exit])
      return message
    } finally {
      ended.abort()
    }
  }
  const request = async (message: "usage" | ReadonlyArray<string | number>): Promise<ReadonlyArray<number>> => {
    const answer = reply()
    child.send(message)
    const result = await answer
    if (!isNumbers(result)) throw new Error(`${module.pathname}, ${String(message)}: ${String(result)}`)
    return result
  }
  const usage = async (): Promise<Usage> => {
    const [cpuMicros = Number.NaN, pageFaults = Number.NaN] = await request("usage")
    return { cpuMicros, pageFaults }
  }
  await reply()
  return {
    pid: child.pid ?? Number.NaN,
    measure: (name, ...args) => request([name, ...args]),
    usage,
    onOneProcessor(one) {
      const last = cpus().length - 1
      try {
        execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", one ? `${last}` : `0-${last}`, `${child.pid}`], {
          stdio: "ignore"
        })
        return true
      } catch {
        return false
      }
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, "exit")
      child.disconnect()
      await exit
    }
  }
}
