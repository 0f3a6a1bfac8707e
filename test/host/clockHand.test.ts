import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { ClockHand, type Member } from "../../src/host/clockHand.ts"

interface Key extends Member {
  readonly name: number
}

const make = (name: number): Key => ({ name, position: -1, usedIn: 0, isFresh: false })
const always = (): boolean => true

/** All that is found in the rest of a lap, and taken off. */
const sweep = (hand: ClockHand<Key>, isIdle: (key: Key) => boolean = always, most = 3): ReadonlyArray<number> => {
  const found: Array<number> = []
  while (!hand.isDone) {
    const key = hand.sweep(isIdle, most)
    if (key === undefined) continue
    found.push(key.name)
    hand.remove(key)
  }
  return found.toSorted((a, b) => a - b)
}

type Move = { readonly _tag: "add" | "use" | "remove" | "turn" | "evict"; readonly which: number }

const moves: fc.Arbitrary<ReadonlyArray<Move>> = fc.array(
  fc.record({
    _tag: fc.constantFrom(
      "add" as const,
      "add" as const,
      "use" as const,
      "remove" as const,
      "turn" as const,
      "evict" as const
    ),
    which: fc.nat(30)
  }),
  { maxLength: 200 }
)

describe("The hand of the clock", () => {
  it("K4: It finds what has not been used for so many laps, each once, and nothing else.", () => {
    fc.assert(fc.property(moves, fc.integer({ min: 1, max: 4 }), (moves, laps) => {
      const hand = new ClockHand<Key>(laps)
      const lastUse = new Map<Key, number>()
      let lap = 0
      let names = 0
      const pick = (which: number): Key | undefined => Array.from(lastUse.keys())[which % Math.max(1, lastUse.size)]
      for (const { _tag, which } of moves) {
        const key = _tag === "add" ? make(names++) : pick(which)
        if (_tag === "turn") {
          lap++
          hand.turn()
          const idle = Array.from(lastUse).filter(([, used]) => lap - used >= laps).map(([{ name }]) => name)
          assert.deepStrictEqual(sweep(hand), idle.toSorted((a, b) => a - b))
          for (const [key, used] of lastUse) if (lap - used >= laps) lastUse.delete(key)
        } else if (_tag === "evict") {
          const evicted = hand.evict(always)
          assert.strictEqual(evicted === undefined, lastUse.size === 0)
          if (evicted === undefined) continue
          hand.remove(evicted)
          lastUse.delete(evicted)
        } else if (key !== undefined && _tag === "remove") {
          hand.remove(key)
          lastUse.delete(key)
        } else if (key !== undefined) {
          if (_tag === "add") hand.add(key)
          else hand.use(key)
          lastUse.set(key, lap)
        }
        assert.strictEqual(hand.size, lastUse.size)
      }
    }))
  })

  it("K4: It looks at no more than it is asked to at a time.", () => {
    const hand = new ClockHand<Key>(1)
    for (let name = 0; name < 100; name++) hand.add(make(name))
    hand.turn()
    let looks = 0
    const busy = (): boolean => {
      looks++
      return false
    }
    assert.isUndefined(hand.sweep(busy, 10))
    assert.strictEqual(looks, 10)
    assert.isFalse(hand.isDone)
    let sweeps = 1
    for (; !hand.isDone; sweeps++) hand.sweep(busy, 10)
    assert.deepStrictEqual([looks, sweeps], [100, 10])
    looks = 0
    assert.isUndefined(hand.evict(busy))
    assert.strictEqual(looks, 200, "two rounds, and no further look")
  })

  it("K4: It evicts what was not used since it came by before what was, and never what is busy.", () => {
    const hand = new ClockHand<Key>(4)
    const keys = Array.from({ length: 6 }, (_, name) => make(name))
    for (const key of keys) hand.add(key)
    const first = hand.evict(always)
    if (first === undefined) throw new Error("nothing is evicted")
    hand.remove(first)
    // The first round has made all of them stale.
    const used = keys.filter(({ name }) => name % 2 === 0)
    for (const key of used) hand.use(key)
    const stale = keys.filter(({ name, position }) => name % 2 === 1 && position >= 0)
    for (const _ of stale) {
      const evicted = hand.evict(always)
      assert.include(stale, evicted)
      if (evicted !== undefined) hand.remove(evicted)
    }
    assert.isUndefined(hand.evict(() => false))
    const [busy] = used
    assert.notStrictEqual(hand.evict((key) => key !== busy), busy)
    assert.isUndefined(new ClockHand<Key>(1).evict(always))
  })
})
