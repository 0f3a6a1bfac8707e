/**
 * `npm run bench:crawl [-- --pages 2000 --concurrency 100 --no-kill]`: how near a crawl of a slow site comes to the
 * best that its concurrency allows.
 */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import { run } from "./crawl.ts"

const { values } = parseArgs({
  options: {
    "pages": { type: "string", default: "2000" },
    "concurrency": { type: "string", default: "100" },
    "no-kill": { type: "boolean", default: false }
  }
})
const options = {
  pages: Number(values.pages),
  fastestMillis: 200,
  slowestMillis: 5000,
  silent: 0.1,
  seed: 1,
  concurrency: Number(values.concurrency),
  timeoutMillis: 8000,
  kill: !values["no-kill"]
}
const result = await Effect.runPromise(Effect.scoped(run(options, (line) => console.log(line))))
console.log(`Node ${process.version}`, options, result)
console.log(`${(result.seconds / result.idealSeconds).toFixed(2)} x the ideal`)
