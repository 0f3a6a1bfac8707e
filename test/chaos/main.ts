/**
 * `npm run chaos -- --seed 7 --minutes 10`: random operations on a system, checked after every round.
 *
 * **Details**
 * - `--seed`: the same seed draws the same operations; default by the time of day. Each round has its own dice, so
 *   `--first` plays a later round without those before it.
 * - `--minutes` (default 1) and `--rounds` (default no limit): whichever comes first.
 * - `--world`: `real` threads (default) or `simulated` ones.
 * - Exits with 1 after the first violation, which it describes.
 */
import * as Effect from "effect/Effect"
import { parseArgs } from "node:util"
import * as real from "./real.ts"
import type { Tally } from "./session.ts"
import * as simulated from "./simulated.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: process.env["CHAOS_SEED"] ?? String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: process.env["CHAOS_MINUTES"] ?? "1" },
    rounds: { type: "string", default: process.env["CHAOS_ROUNDS"] ?? "Infinity" },
    first: { type: "string", default: "0" },
    world: { type: "string", default: "real" }
  }
})

const number = (name: string, text: string): number => {
  const value = Number(text)
  if (Number.isNaN(value) || value < 0) throw new Error(`--${name}: ${text} is not a number of 0 or more`)
  return value
}

const seed = number("seed", values.seed)
const first = number("first", values.first)
const rounds = number("rounds", values.rounds)
const deadline = performance.now() + number("minutes", values.minutes) * 60_000
const tally: Tally = new Map()
const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(`chaos: seed ${seed}, ${values.world} threads`)

const options = {
  seed,
  first,
  goesOn: (round: number) => round < first + rounds && performance.now() < deadline,
  tally,
  say
}
const program = values.world === "simulated" ? simulated.run(options) : Effect.scoped(real.run(options))
const failed = await Effect.runPromise(program)
for (const [what, count] of Array.from(tally).sort(([a], [b]) => a < b ? -1 : 1)) say(`  ${what}: ${Math.round(count)}`)
say(failed ?? `chaos: seed ${seed}: no violation`)
process.exitCode = failed === undefined ? 0 : 1
