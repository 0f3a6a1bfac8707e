import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/*.test.ts"],
    pool: "forks",
    // Standard output is no terminal here; what heddle logs to one is what most tests read.
    env: { HEDDLE_LOG: "text" },
    maxWorkers: 4,
    testTimeout: 60_000,
    typecheck: { enabled: false }
  }
})
