import { assert, describe, it } from "@effect/vitest"
import { getHeapStatistics } from "node:v8"
import * as garbage from "../../src/base/garbage.ts"

const physicalBytes = (): number => getHeapStatistics().total_physical_size

const fill = (): number => Array.from({ length: 400_000 }, (_, index) => ({ index, text: `number ${index}` })).length

describe("collecting garbage", () => {
  it("A thorough collection gives the memory of what nobody needs back, and leaves no function on the globals.", () => {
    garbage.collect(true)
    const before = physicalBytes()
    assert.strictEqual(fill(), 400_000)
    const full = physicalBytes()
    garbage.collect(true)
    assert.isAbove(full - before, 20e6)
    assert.isBelow(physicalBytes() - before, 5e6)
    assert.isUndefined(globalThis.gc)
  })
})
