/**
 * The tests of promises on threads that are processes: `npm run test:processes`. Every thread that does not say where it runs is a
 * child process there.
 */
import { defineConfig } from "vitest/config"

/** The default of `isolation`, in the process that starts the threads. */
const asProcesses = {
  name: "threads as processes",
  transform: (code: string, id: string) =>
    id.endsWith("src/control/isolation.ts")
      ? code.replace("oneOf(path, isolation,", "oneOf(path, isolation ?? \"process\",")
      : undefined
}

export default defineConfig({
  plugins: [asProcesses],
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/threads/*.test.ts", "test/threads/*.long.ts"],
    pool: "forks",
    env: { HEDDLE_LOG: "text" },
    maxWorkers: 2,
    testTimeout: 120_000
  }
})
