/**
 * `npm run chaos:cluster -- --seed 7 --minutes 10 --machines 3`: machines of a cluster in trouble, checked in the end.
 *
 * **Details**
 * - `--seed`: the same seed draws the same faults; default by the time of day.
 * - `--minutes`: default 1. `--machines`: 2 to 4, default 3.
 * - It starts a Postgres of its own, and as root it cuts networks as well.
 * - Exits with 1 if something was wrong, which it describes.
 */
import { parseArgs } from "node:util"
import * as postgres from "../../threads/postgres.ts"
import { play } from "./play.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "1" },
    machines: { type: "string", default: "3" }
  }
})

const number = (name: string, text: string, from: number, to: number): number => {
  const value = Number(text)
  if (!(value >= from && value <= to)) throw new Error(`--${name}: ${text} is not a number from ${from} to ${to}`)
  return value
}

const bin = postgres.binaries()
if (bin === undefined) throw new Error("there is no Postgres on this computer; install Debian's package postgresql")
const seed = number("seed", values.seed, 0, 2 ** 32)
const machines = number("machines", values.machines, 2, 4)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
say(`chaos of a cluster: seed ${seed}, ${machines} machines`)
const failed = await play({ seed, machines, millis: number("minutes", values.minutes, 0, 1e6) * 60_000, bin, say })
say(failed ?? `chaos of a cluster: seed ${seed}: nothing was wrong`)
process.exit(failed === undefined ? 0 : 1)
