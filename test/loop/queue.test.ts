import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Queue } from "../../src/loop/queue.ts"

/** A queue and the array that it should be like. */
interface Both {
  readonly queue: Queue<number>
  readonly model: Array<number>
}

const steps: Readonly<Record<string, (both: Both, count: number) => void>> = {
  push({ model, queue }, count) {
    for (let i = 0; i < count; i++) {
      queue.push(i)
      model.push(i)
    }
  },
  shift({ model, queue }, count) {
    for (let i = 0; i < count; i++) assert.strictEqual(queue.shift(), model.shift())
  },
  keep({ model, queue }, count) {
    const isKept = (item: number) => item % 7 !== count % 7
    queue.keep(isKept)
    model.splice(0, Infinity, ...model.filter(isKept))
  },
  clear({ model, queue }) {
    assert.deepStrictEqual(queue.clear(), model.splice(0))
  }
}

const step = (weight: number, name: string) => ({
  weight,
  arbitrary: fc.tuple(fc.constant(name), fc.nat({ max: 700 }))
})

describe("A queue", () => {
  it("A queue does what an array does, however long it gets and however often it gives up its front.", () => {
    const script = fc.array(fc.oneof(step(8, "push"), step(8, "shift"), step(1, "keep"), step(1, "clear")))
    fc.assert(fc.property(script, (script) => {
      const both: Both = { queue: new Queue(), model: [] }
      for (const [name, count] of script) {
        steps[name]?.(both, count)
        assert.strictEqual(both.queue.size, both.model.length)
        assert.strictEqual(both.queue.peek(), both.model[0])
      }
    }))
  })
})
