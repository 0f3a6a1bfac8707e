import { configDefaults, defineConfig } from "vitest/config"

/** What leaves nothing behind in its process: a few processes share these files, and import Effect once. */
const pure = [
  "test/{base,cluster,control,host,life,link,loop,shared,socket,wire}/*.test.ts",
  "test/!(ordering|package|Testing).test.ts"
]

export default defineConfig({
  test: {
    pool: "forks",
    // Standard output is no terminal here; what heddle logs to one is what most tests read.
    env: { HEDDLE_LOG: "text" },
    maxWorkers: 4,
    testTimeout: 60_000,
    typecheck: { enabled: false },
    projects: [
      {
        extends: true,
        test: { name: "pure", include: pure, isolate: false }
      },
      {
        extends: true,
        test: {
          name: "threads",
          include: ["test/**/*.test.ts", "examples/*.test.ts"],
          exclude: [...configDefaults.exclude, ...pure]
        }
      }
    ]
  }
})
