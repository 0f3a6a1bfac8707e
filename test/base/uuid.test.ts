import { assert, it } from "@effect/vitest"
import { timed } from "../../src/base/uuid.ts"

it("Identifiers are UUIDs of version 7, all different, and sort by their time.", () => {
  const times = [0, 1, 1_795_000_000_000, 1_795_000_000_001, 2 ** 48 - 1]
  const made = times.map((time) => timed(time))
  for (const one of made) assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.deepStrictEqual(made.toSorted(), made)
  assert.strictEqual(new Set(Array.from({ length: 1000 }, () => timed(5))).size, 1000)
})
