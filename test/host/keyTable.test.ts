import { assert, describe, it, vi } from "@effect/vitest"
import * as fc from "fast-check"
import { KeyTable } from "../../src/host/keyTable.ts"
import { texts } from "../values/texts.ts"

interface Item {
  readonly key: string
  readonly n: number
}

describe("A table of keys", () => {
  it("A table of keys has what a Map has, whatever is added and deleted.", () => {
    const key = fc.oneof(texts(3), fc.integer({ min: 0, max: 60 }).map(String))
    const step = fc.record({ key, adds: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
        const table = new KeyTable<Item>()
        const map = new Map<string, Item>()
        for (const [n, { adds, key }] of steps.entries()) {
          if (!adds) {
            table.delete(key)
            map.delete(key)
          } else if (!map.has(key)) {
            const item = { key, n }
            table.add(item)
            map.set(key, item)
          }
          if (table.get(key) !== map.get(key) || table.size !== map.size) assert.fail(`after step ${n}, with ${key}`)
        }
        const found = Array.from(table.values())
        assert.strictEqual(found.length, map.size)
        assert.isTrue(found.every((item) => map.get(item.key) === item && table.get(item.key) === item))
      }),
      { numRuns: 40 }
    )
  })

  it("A table of keys grows to thousands, and gives the room back.", () => {
    const table = new KeyTable<Item>()
    const keys = Array.from({ length: 20_000 }, (_, n) => `guild ${n * 7919}`)
    for (const [n, key] of keys.entries()) table.add({ key, n })
    assert.strictEqual(table.size, keys.length)
    for (const [n, key] of keys.entries()) assert.strictEqual(table.get(key)?.n, n)
    for (const key of keys.slice(1)) table.delete(key)
    assert.deepStrictEqual(Array.from(table.values()), [{ key: "guild 0", n: 0 }])
  })

  it("A table of keys whose hashes are alike takes another hash, and finds them all.", () => {
    const hashOf = (key: string): number => {
      let hash = 0
      for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
      return hash ^ (hash >>> 15)
    }
    const alike: Array<string> = []
    for (let n = 0; alike.length < 600; n++) if ((hashOf(`k${n}`) & 4095) === 0) alike.push(`k${n}`)
    let draws = 0
    const random = vi.spyOn(Math, "random").mockImplementation(() => draws++ === 0 ? 0 : 0.7)
    const table = new KeyTable<Item>()
    for (const [n, key] of alike.entries()) table.add({ key, n })
    random.mockRestore()
    assert.isAbove(draws, 1)
    for (const [n, key] of alike.entries()) assert.strictEqual(table.get(key)?.n, n)
  })
})
