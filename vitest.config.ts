import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "examples/*.test.ts"],
    pool: "forks",
    maxWorkers: 4,
    testTimeout: 60_000,
    typecheck: { enabled: false }
  }
})
