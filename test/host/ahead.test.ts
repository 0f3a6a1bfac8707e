import { afterEach, assert, beforeEach, describe, it, vi } from "@effect/vitest"
import { performance } from "node:perf_hooks"
import { Ahead, aheadOf } from "../../src/host/ahead.ts"

describe("The number of messages that are sent ahead", () => {
  for (
    const [meanMillis, ahead] of [[10, 0], [0.5, 0], [0.49, 1], [0.25, 2], [0.1, 5], [0.01, 50], [0.001, 64]] as const
  ) {
    it(`Of messages that take ${meanMillis} ms, ${ahead} are sent ahead.`, () => {
      assert.strictEqual(aheadOf(meanMillis), ahead)
    })
  }
})

describe("An instance that announces its places", () => {
  let nowMillis = 0
  beforeEach(() => {
    nowMillis = 1000
    vi.spyOn(performance, "now").mockImplementation(() => nowMillis)
  })
  afterEach(() => void vi.restoreAllMocks())

  const make = (concurrency = 1) => {
    const announced: Array<number> = []
    const ahead = new Ahead((places) => announced.push(places))
    ahead.configure(concurrency)
    return { ahead, announced }
  }

  /** Handles messages one after the other. */
  const handle = (ahead: Ahead, count: number, eachMillis: number): void => {
    for (let n = 0; n < count; n++) {
      ahead.begin()
      nowMillis += eachMillis
      ahead.end(0)
    }
  }

  it("Places are those of its concurrency until it has measured how long a message takes.", () => {
    const { ahead, announced } = make(4)
    assert.deepStrictEqual(announced, [4])
    assert.strictEqual(ahead.places, 4)
    assert.strictEqual(ahead.lowWater, 3)
  })

  it("32 short messages are measured, then more are sent ahead.", () => {
    const { ahead, announced } = make()
    handle(ahead, 31, 0.125)
    assert.deepStrictEqual(announced, [1])
    handle(ahead, 1, 0.125)
    assert.deepStrictEqual(announced, [1, 5])
    assert.strictEqual(ahead.lowWater, 3)
  })

  it("Fewer messages are measured if they take 5 ms together, and long ones are not sent ahead.", () => {
    const { ahead, announced } = make()
    handle(ahead, 32, 0.125)
    handle(ahead, 1, 4.875)
    assert.deepStrictEqual(announced, [1, 5])
    handle(ahead, 1, 0.125)
    assert.deepStrictEqual(announced, [1, 5, 1])
  })

  it("What has not changed is not announced again.", () => {
    const { ahead, announced } = make()
    handle(ahead, 96, 0.125)
    assert.deepStrictEqual(announced, [1, 5])
  })

  it("Messages that run at the same time share the time that they take.", () => {
    const { ahead, announced } = make(2)
    for (let n = 0; n < 16; n++) {
      ahead.begin()
      nowMillis += 0.25
      ahead.end(1)
      ahead.end(0)
    }
    assert.deepStrictEqual(announced, [2, 6])
  })
})
