import { assert, describe, it, vi } from "@effect/vitest"
import { call, make } from "./world.ts"

/** The sizes of what is given back meanwhile. */
const givenBack = (run: () => void): ReadonlyArray<number> => {
  const spy = vi.spyOn(ArrayBuffer.prototype, "transfer")
  const sizes: Array<number> = []
  spy.mockImplementation(function(this: ArrayBuffer) {
    sizes.push(this.byteLength)
    return structuredClone(this, { transfer: [this] })
  })
  run()
  spy.mockRestore()
  return sizes
}

describe("The copies of large byte arrays", () => {
  it("D14: An ask that waits keeps a copy, posts it again after a death, and gives its memory back with its answer.", () => {
    const world = make({ capacity: 1 })
    const bytes = new Uint8Array(9000).fill(1)
    const first = world.boot()
    const calls = [0, 1].map((n) => call(world.sink.Keep({ n, bytes })))
    bytes.fill(2)
    first.settle()
    assert.deepStrictEqual(givenBack(() => first.die()), [])
    const second = world.boot()
    second.settle()
    assert.deepStrictEqual(second.started.map(({ payload }) => payload), [{
      n: 1,
      bytes: new Uint8Array(9000).fill(1)
    }])
    assert.deepStrictEqual(
      givenBack(() => {
        second.finish(7)
        second.settle()
      }),
      [9000]
    )
    assert.deepStrictEqual(calls.map(({ state }) => state()), ["Crashed/maybe", "value:7"])
    assert.deepStrictEqual(bytes, new Uint8Array(9000).fill(2), "what is the sender's stays")
  })
})
