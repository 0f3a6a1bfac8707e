/** When a thread gives back the memory of its start. That it does is tested on the shipped services as one file. */
import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/life/giveBack.ts"

const small = 20e6

describe("giving memory back", () => {
  it("A thread at rest gives the memory of its start back when it is looked at first.", () => {
    assert.strictEqual(decide({ before: 0, utilization: 0.05, heapBytes: small }), "now")
  })

  it("A busy thread is looked at again, some times, and then keeps what it has.", () => {
    const looks = Array.from({ length: 7 }, (_, before) => decide({ before, utilization: 0.9, heapBytes: small }))
    assert.deepStrictEqual(looks, ["later", "later", "later", "later", "later", "never", "never"])
    assert.strictEqual(decide({ before: 3, utilization: 0.1, heapBytes: small }), "now")
  })

  it("A thread with a large heap is not held up to collect it.", () => {
    assert.strictEqual(decide({ before: 0, utilization: 0, heapBytes: 200e6 }), "never")
  })
})
