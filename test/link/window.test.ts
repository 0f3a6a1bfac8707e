import { assert, describe, it } from "@effect/vitest"
import { Window } from "../../src/link/window.ts"
import { estimate } from "../../src/values/size.ts"

const kilobyte = (count = 1) => new Uint8Array(count * 1024)
const many = (count: number, element: unknown) => Array.from({ length: count }, () => element)

describe("the window of a stream", () => {
  it("The window of a stream lets no element through before the reader asks for some.", () => {
    const window = new Window(10_000)
    assert.strictEqual(window.take([1, 2], 0), 0)
    window.grant(1, 0)
    assert.strictEqual(window.take([1, 2], 0), 1)
    assert.isFalse(window.isOpen)
  })

  it("The window of a stream ends with the element that fills it, and opens again as its elements are read.", () => {
    const window = new Window(10_000)
    window.grant(1000, 0)
    assert.strictEqual(window.take(many(100, kilobyte()), 0), 10)
    assert.isFalse(window.isOpen)
    window.grant(3, 3)
    assert.strictEqual(window.take(many(100, kilobyte()), 10), 13)
  })

  it("The window of a stream lets one element through that is larger than it, and the next when that has been read.", () => {
    const window = new Window(10_000)
    window.grant(1000, 0)
    assert.strictEqual(window.take(many(5, kilobyte(100)), 0), 1)
    window.grant(1, 1)
    assert.strictEqual(window.take(many(5, kilobyte(100)), 1), 2)
  })

  it("The window of a stream counts each element by its own size.", () => {
    const window = new Window(10_000)
    window.grant(1000, 0)
    assert.strictEqual(window.take([...many(50, 1), kilobyte(20), ...many(50, 1)], 0), 51)
    window.grant(50, 50)
    assert.isFalse(window.isOpen)
    window.grant(1, 1)
    assert.isTrue(window.isOpen)
  })
})

describe("the size of a value", () => {
  const sizes: ReadonlyArray<readonly [what: string, value: unknown, atLeast: number, atMost: number]> = [
    ["a number", 7, 8, 8],
    ["a text", "a".repeat(1000), 1000, 2000],
    ["bytes", kilobyte(), 1024, 1100],
    ["a view of large memory", new Uint8Array(new ArrayBuffer(1e6), 5, 10), 10, 100],
    ["a struct with a text far down", { a: { b: [{ c: "a".repeat(5000) }] } }, 5000, 6000],
    ["a long list of numbers", many(100_000, 1), 800_000, 2_000_000],
    ["a long list of texts", many(10_000, "a".repeat(100)), 1_000_000, 2_000_000],
    ["a map of bytes", new Map(many(100, 0).map((_, key) => [key, kilobyte()])), 100_000, 200_000],
    ["a set of texts", new Set(many(100, 0).map((_, key) => `${key}`.padEnd(1000))), 100_000, 200_000],
    ["nothing", null, 8, 8],
    ["a large number", 2n ** 70n, 8, 100],
    ["a number of a megabyte", { of: -(2n ** 8_000_000n) }, 1_000_000, 1_100_000]
  ]
  for (const [what, value, atLeast, atMost] of sizes) {
    it(`The size of ${what} is estimated.`, () => {
      assert.isAtLeast(estimate(value), atLeast)
      assert.isAtMost(estimate(value), atMost)
    })
  }

  it("A value that holds itself has a size.", () => {
    const self: { text: string; self?: unknown } = { text: "a".repeat(100) }
    self.self = self
    assert.isAtMost(estimate(self), 200)
  })

  it("The size of a wide value is found at once.", () => {
    const wide: Record<string, unknown> = {}
    for (let n = 0; n < 1000; n++) wide[n] = many(1000, { a: 1, b: { c: 2 } })
    const before = performance.now()
    for (let n = 0; n < 100; n++) estimate(wide)
    assert.isBelow(performance.now() - before, 3000)
  })
})
