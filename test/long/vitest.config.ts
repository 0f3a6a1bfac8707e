/**
 * What takes too long for every day: `npm run test:long`. What is not in `test/long` takes about 19 minutes, and CI runs it:
 * `npm run test:long -- test/threads test/cli test/main test/services test/web test/dashboard test/discord test/guides test/scraper`.
 */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/**/*.long.ts"],
    pool: "forks",
    // Standard output is no terminal here; what heddle logs to one is what most tests read.
    env: { HEDDLE_LOG: "text" },
    maxWorkers: 2,
    testTimeout: 10 * 60 * 1000,
    // A database is made in some of them.
    hookTimeout: 2 * 60 * 1000
  }
})
