/** A short game of `npm run chaos:cluster`. */
import { assert, describe, it } from "@effect/vitest"
import { play } from "../chaos/cluster/play.ts"
import * as postgres from "../threads/postgres.ts"

const bin = postgres.binaries()
const seed = Number(process.env["CHAOS_SEED"] ?? Date.now() % 1_000_000)

describe.skipIf(bin === undefined)("chaos of a cluster", { timeout: 300_000 }, () => {
  it("N3, N6, N8: Whatever happens to three machines, nothing is lost, and what runs twice says so.", async () => {
    const say = (line: string): void => void process.stdout.write(`${line}\n`)
    say(`chaos of a cluster: seed ${seed}`)
    assert.isUndefined(await play({ seed, machines: 3, millis: 25_000, bin: bin ?? "", say }))
  })
})
