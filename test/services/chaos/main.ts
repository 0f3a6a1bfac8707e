/**
 * `npm run chaos:services -- --minutes 10 [--seed 1] [--spare-sandbox]` kills threads at random; with `--attack` nobody is
 * killed, and hostile sites, a hostile member of the chat and a hostile HTTP client try to. Exit code 1 when something is wrong.
 */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import { attack, faults } from "./attack.ts"
import { run } from "./run.ts"

const { values } = parseArgs({
  options: {
    "minutes": { type: "string", default: "1" },
    "seed": { type: "string", default: "1" },
    "spare-sandbox": { type: "boolean", default: false },
    "attack": { type: "boolean", default: false }
  }
})
const started = Date.now()
const say = (line: string) => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}`)

if (values.attack) {
  const report = await Effect.runPromise(Effect.scoped(attack(Number(values.minutes) * 60)))
  const wrong = faults(report)
  console.dir({ ...report, wrong }, { depth: 5, maxArrayLength: 20, breakLength: 120 })
  process.exit(wrong.length === 0 ? 0 : 1)
}

const report = await Effect.runPromise(Effect.scoped(run({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  sandboxToo: !values["spare-sandbox"],
  say
})))
console.log(report)
const { after, before } = report
const nothingLeft = after.threads <= before.threads && after.sockets <= before.sockets && after.files <= before.files
process.exit(report.complaints.length === 0 && report.ready && nothingLeft ? 0 : 1)
