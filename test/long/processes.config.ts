/**
 * The tests of promises on threads that are processes: `npm run test:processes`. Every thread that does not say where it runs is a
 * child process there.
 */
import { defineConfig } from "vitest/config"

/** The default of `isolation`, in the process that starts the threads. */
const asProcesses = {
  name: "threads as processes",
  transform(code: string, id: string) {
    if (!id.endsWith("src/control/isolation.ts")) return undefined
    const changed = code.replace("oneOf(path, isolation,", "oneOf(path, isolation ?? \"process\",")
    if (changed === code) throw new Error("the default of isolation is not where it was")
    return changed
  }
}

/** What is so on worker threads only, and the reason. */
const ofWorkers = [
  // A process in a native call is killed at once.
  "F9: A thread in a native call leaves the routes at once",
  // A process holds a timer that is in no list of handles, so it goes on.
  ": drain in ",
  // It counts the ports of main, of which a process has none.
  "F23: A thread with a standby thread has none while it is stopped"
]

export default defineConfig({
  plugins: [asProcesses],
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/threads/*.test.ts", "test/threads/{endings,keyedInstances,recycling,logs,tasks,words}.long.ts"],
    testNamePattern: new RegExp(`^(?!.*(?:${ofWorkers.join("|")}))`),
    pool: "forks",
    env: { HEDDLE_LOG: "text" },
    maxWorkers: 2,
    testTimeout: 120_000
  }
})
