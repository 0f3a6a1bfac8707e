/** Which records of deaths stay in their folder. */
import { assert, describe, it } from "@effect/vitest"
import { surplus } from "../../src/main/postMortemFiles.ts"

const day = 24 * 3600 * 1000
const now = Date.UTC(2026, 10, 28, 12)

const nameAt = (atMillis: number): string => `${new Date(atMillis).toISOString().replaceAll(":", "-")}-bot.2-17.json`

describe("the folder of post-mortems", () => {
  it("F30: The oldest records go when there are more than 200.", () => {
    const names = Array.from({ length: 203 }, (_, index) => nameAt(now - index * 1000))
    assert.deepStrictEqual(surplus(names.slice(0, 200), now), [])
    assert.deepStrictEqual(surplus(names.toReversed(), now), names.slice(200))
  })

  it("F30: A record goes after 30 days, and nothing that is no record ever does.", () => {
    const old = nameAt(now - 31 * day)
    const others = ["notes.json", "2020-01-01.json", "2020-01-01T00-00-00.000Z.json", `${old}.bak`]
    assert.deepStrictEqual(surplus([nameAt(now - 29 * day), old, ...others], now), [old])
  })
})
