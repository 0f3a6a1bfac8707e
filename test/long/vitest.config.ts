/** What takes minutes: `npm run test:long`. */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/long/*.long.ts"],
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 10 * 60 * 1000,
    disableConsoleIntercept: true
  }
})
