/** What tells within half a minute whether a change is right: `npm run test:unit`. No processes, next to no threads. */
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: [
      "test/{base,control,host,link,loop,main,shared,values,wire,worker}/**/*.test.ts",
      "test/*.test.ts"
    ],
    exclude: ["test/{examples,package,types}.test.ts"],
    pool: "forks",
    // Standard output is no terminal here; what heddle logs to one is what most tests read.
    env: { HEDDLE_LOG: "text" },
    testTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      reporter: ["text", "html"]
    }
  }
})
