/**
 * One of those who are compared, in a process of its own, so that the garbage and the optimizations of one don't touch
 * another's numbers.
 */
import { execFileSync, fork } from "node:child_process"
import { once } from "node:events"
import { cpus } from "node:os"

/** What a contestant's module returns from its default export: measurements by name, numbers in and numbers out. */
export type Measurements = Readonly<
  Record<string, (...args: ReadonlyArray<number>) => Promise<ReadonlyArray<number>>>
>

export interface Contestant {
  readonly measure: (name: string, ...args: ReadonlyArray<number>) => Promise<ReadonlyArray<number>>
  /** The microseconds of processor time that its process has used, all threads together: what noise disturbs least. */
  readonly cpuMicros: () => Promise<number>
  /** Keeps all threads of its process on one processor, or lets them go where the kernel wants; false where that can't be done. */
  readonly onOneProcessor: (one: boolean) => boolean
  readonly close: () => Promise<void>
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
    // Warnings of Node and logs would tear the table.
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
  const request = async (message: "cpu" | ReadonlyArray<string | number>): Promise<ReadonlyArray<number>> => {
    const answer = reply()
    child.send(message)
    const result = await answer
    if (!isNumbers(result)) throw new Error(`${module.pathname}, ${String(message)}: ${String(result)}`)
    return result
  }
  await reply()
  return {
    measure: (name, ...args) => request([name, ...args]),
    cpuMicros: async () => (await request("cpu"))[0] ?? Number.NaN,
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
