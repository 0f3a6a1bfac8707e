import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { placeOf } from "../../src/link/rendezvous.ts"
import { texts } from "../values/texts.ts"

const keys = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `room ${n}`)

describe("The place of a key", () => {
  it("K6: It is one of the instances, and always the same one.", () => {
    fc.assert(fc.property(texts(), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const place = placeOf(key, count)
      assert.isTrue(Number.isInteger(place) && place >= 0 && place < count)
      assert.strictEqual(placeOf(key, count), place)
    }))
  })

  it("K6: It stays, or is the new instance, when there is one more.", () => {
    fc.assert(fc.property(texts(), fc.integer({ min: 1, max: 63 }), (key, count) => {
      assert.include([placeOf(key, count), count], placeOf(key, count + 1))
    }))
  })

  it("K6: It is on each instance for about as many keys, and one more instance takes about its part.", () => {
    for (const count of [2, 3, 4, 7, 16]) {
      const all = keys(20_000)
      const fair = all.length / count
      const here = all.map((key) => placeOf(key, count))
      for (let instance = 0; instance < count; instance++) {
        const share = here.filter((place) => place === instance).length
        assert.isTrue(Math.abs(share - fair) < 0.15 * fair, `${share} keys on ${instance} of ${count}`)
      }
      const moved = all.filter((key, at) => placeOf(key, count + 1) !== here[at]).length
      const part = all.length / (count + 1)
      assert.isTrue(Math.abs(moved - part) < 0.15 * part, `${moved} keys move from ${count} to ${count + 1}`)
    }
  })

  it("K6: It spreads keys that are short, long, or differ in one character.", () => {
    for (
      const make of [String, (n: number) => `${n}`.padStart(400, "x"), (n: number) => String.fromCodePoint(n + 32)]
    ) {
      const places = Array.from({ length: 4000 }, (_, n) => placeOf(make(n), 4))
      for (const instance of [0, 1, 2, 3]) {
        const share = places.filter((place) => place === instance).length
        assert.isTrue(share > 800 && share < 1200, `${share} of 4000`)
      }
    }
  })
})
