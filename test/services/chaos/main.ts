/**
 * `npm run chaos:services -- --minutes 10 [--seed 1] [--spare-sandbox]` kills threads at random; with `--attack` nobody is
 * killed, and hostile sites try to. Exit code 1 when something is wrong.
 */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import { attack } from "./attack.ts"
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
  const { chat, complaints, ended, good, hostile } = await Effect.runPromise(
    Effect.scoped(attack(Number(values.minutes) * 60))
  )
  console.log({ hostile, good, chat, complaints, ended })
  process.exit(ended.length === 0 && complaints.length === 0 && good.failed <= good.reads / 100 ? 0 : 1)
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
