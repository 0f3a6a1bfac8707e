import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { moment, past } from "../../src/loop/monotonic.ts"
import { everyMillis, look, type Seen, type Sight, type Signs } from "../../src/main/watchdog.ts"

const stallAfterMillis = 1000

/** Looks at a thread again and again; what each look found. `sleeps`: its loop slept a little before. */
const see = (
  looks: ReadonlyArray<
    Partial<Omit<Signs, "idleMillis" | "now">> & { readonly nowMillis?: number; readonly sleeps?: boolean }
  >
): ReadonlyArray<Seen> => {
  let sight: Sight | undefined
  let idleMillis = 0
  return looks.map(({ nowMillis, sleeps = false, ...signs }, index) => {
    if (sleeps) idleMillis += 0.001
    const now = moment(nowMillis ?? 250 * index)
    const seen = look(
      sight,
      { incarnation: 1, isRunning: true, beats: 0, unreportedMillis: 0, ...signs, now, idleMillis },
      stallAfterMillis
    )
    sight = seen.sight
    return seen
  })
}

const asks = (looks: Parameters<typeof see>[0]) => see(looks).map(({ ask }) => ask)

/** Looks at the counter of a thread that never sleeps at the times given; what each look found. */
const watch = (
  looks: ReadonlyArray<readonly [nowMillis: number, beats: number, incarnation?: number]>
): ReadonlyArray<number | undefined> =>
  see(looks.map(([nowMillis, beats, incarnation = 1]) => ({ nowMillis, beats, incarnation })))
    .map(({ stalledMillis }) => stalledMillis)

describe("watchdog", () => {
  it("The watchdog finds a thread stalled once it has not moved for stallAfter.", () => {
    assert.deepStrictEqual(
      watch([[0, 7], [250, 7], [500, 7], [750, 7], [999, 7], [1000, 7]]),
      [undefined, undefined, undefined, undefined, undefined, 1000]
    )
  })

  it("The watchdog counts from when the counter was last seen to move.", () => {
    assert.deepStrictEqual(
      watch([[0, 1], [900, 2], [1100, 2], [1500, 2], [1900, 2]]),
      [undefined, undefined, undefined, undefined, 1000]
    )
  })

  it("The watchdog believes no single look after main itself has slept.", () => {
    assert.deepStrictEqual(watch([[0, 1], [60_000, 1], [60_010, 1], [60_020, 1]]), [
      undefined,
      undefined,
      undefined,
      60_020
    ])
    assert.deepStrictEqual(watch([[0, 1], [60_000, 1], [60_010, 2], [60_020, 2]]), [
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it("The watchdog starts over with a new incarnation, though its counter may be the same.", () => {
    assert.deepStrictEqual(
      watch([[0, 1, 1], [500, 1, 1], [900, 1, 1], [1000, 1, 2], [1500, 1, 2], [1900, 1, 2], [2000, 1, 2]]),
      [undefined, undefined, undefined, undefined, undefined, undefined, 1000]
    )
  })

  it("The watchdog goes on when the counter wraps around.", () => {
    assert.deepStrictEqual(watch([[0, 2 ** 31 - 1], [5000, -(2 ** 31)], [9999, -(2 ** 31) + 1]]), [
      undefined,
      undefined,
      undefined
    ])
  })

  it("The watchdog never suspects a thread that moves between any two looks.", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { maxLength: 50 }), (gaps) => {
      let now = 0
      const found = watch(gaps.map((gap, beats) => [now += gap, beats]))
      assert.isTrue(found.every((stalled) => stalled === undefined))
    }))
  })

  it("The watchdog always finds a thread that doesn't move, not before its time and not much later.", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 250 }), (everyMillis) => {
      const found = watch(Array.from({ length: 1100 }, (_, index) => [index * everyMillis, 5]))
      const first = found.findIndex((stalled) => stalled !== undefined)
      assert.isAtLeast(first * everyMillis, stallAfterMillis)
      assert.isBelow((first - 1) * everyMillis, stallAfterMillis)
    }))
  })
})

describe("the watchdog and a thread that", () => {
  it("A thread that sleeps is never suspected and asked nothing, though its counter stands still.", () => {
    const seen = see(Array.from({ length: 100 }, () => ({ sleeps: true })))
    assert.isTrue(seen.every(({ ask, stalledMillis }) => ask === "nothing" && stalledMillis === undefined))
  })

  it("A thread that is busy is asked at each look, and judged by its answers.", () => {
    const seen = see(Array.from({ length: 100 }, (_, beats) => ({ beats })))
    assert.deepStrictEqual(seen.slice(0, 3).map(({ ask }) => ask), ["nothing", "beat", "beat"])
    assert.isTrue(seen.slice(1).every(({ ask, stalledMillis }) => ask === "beat" && stalledMillis === undefined))
  })

  it("A thread that hangs is asked once, and found stalled in time, again and again.", () => {
    const seen = see([{ sleeps: true }, { sleeps: true }, ...Array.from({ length: 9 }, () => ({}))])
    assert.deepStrictEqual(
      seen.map(({ ask, stalledMillis }) => stalledMillis ?? ask),
      ["nothing", "nothing", "beat", "nothing", "nothing", 1000, "nothing", "nothing", "nothing", 1000, "nothing"]
    )
    assert.strictEqual(seen.filter(({ ask }) => ask !== "nothing").length, 1)
  })

  it("A thread that hangs is found stalled again only if it has not moved in between.", () => {
    const hangs = [{}, {}, {}, {}]
    const seen = see([{ sleeps: true }, ...hangs, ...hangs, { sleeps: true }, ...hangs])
    const found = seen.flatMap(({ again, stalledMillis }) => stalledMillis === undefined ? [] : [again])
    assert.deepStrictEqual(found, [false, true, false])
    assert.isTrue(seen.every(({ again, stalledMillis }) => !again || stalledMillis !== undefined))
    assert.deepStrictEqual(seen.slice(3, 11).map(({ sight }) => sight.stalled), [
      false,
      true,
      true,
      true,
      true,
      true,
      false,
      false
    ])
  })

  it("A thread that moves was well until the look before, and a new one has not been well yet.", () => {
    const seen = see([
      { nowMillis: 1000, sleeps: true },
      { nowMillis: 1250, sleeps: true },
      { nowMillis: 1500 },
      { nowMillis: 1750, beats: 1 },
      { nowMillis: 2000, beats: 1, incarnation: 2 }
    ])
    assert.deepStrictEqual(seen.map(({ sight }) => sight.wellUntil), [
      past,
      moment(1000),
      moment(1000),
      moment(1500),
      past
    ])
  })

  it("A thread is asked to report exactly when that is due, and not a moment earlier.", () => {
    const second = (nowMillis: number, unreportedMillis: number) =>
      asks([{ nowMillis: 5000, unreportedMillis: 1 }, { nowMillis, unreportedMillis, beats: 1, sleeps: true }])[1]
    assert.deepStrictEqual([second(5899, 0.2), second(5900, 0.2)], ["nothing", "report"])
    assert.deepStrictEqual([second(5900, 0.1), second(5900, 0.101)], ["nothing", "report"])
    assert.deepStrictEqual([second(14_999, 0.05), second(15_000, 0.05)], ["nothing", "report"])
    assert.deepStrictEqual([second(15_000, 0.04), second(15_000, 0.041)], ["nothing", "report"])
  })

  it("A thread that hung for a while is asked again when it has answered, however late.", () => {
    assert.deepStrictEqual(
      asks([{}, {}, {}, { beats: 1 }, { beats: 1, sleeps: true }, { beats: 1 }, { beats: 2 }]),
      ["nothing", "beat", "nothing", "beat", "nothing", "nothing", "beat"]
    )
  })

  it("A thread that isn't ready yet, or stops, is judged only from then on.", () => {
    const blocked = Array.from({ length: 20 }, () => ({ isRunning: false }))
    const seen = see([...blocked, {}, {}, {}, {}, {}])
    assert.deepStrictEqual(seen.flatMap(({ stalledMillis }, index) => stalledMillis === undefined ? [] : [index]), [24])
  })

  it("A new incarnation owes no answer of the old one's.", () => {
    assert.deepStrictEqual(
      asks([{}, {}, {}, { incarnation: 2 }, { incarnation: 2 }]),
      ["nothing", "beat", "nothing", "nothing", "beat"]
    )
  })

  it("A thread that has something to report is asked at once, then once a second.", () => {
    const looks = Array.from({ length: 10 }, (_, beats) => ({ beats, sleeps: true, unreportedMillis: 0.2 }))
    const [tell, none] = ["report", "nothing"] as const
    assert.deepStrictEqual(asks(looks), [tell, none, none, none, tell, none, none, none, tell, none])
    assert.deepStrictEqual(
      asks([{ nowMillis: 5000, unreportedMillis: 0.2 }, { nowMillis: 5999, beats: 1, unreportedMillis: 9 }]),
      [
        tell,
        tell
      ]
    )
  })

  it("A thread that has something to report and is busy is asked to beat in between.", () => {
    const looks = Array.from({ length: 6 }, (_, beats) => ({ beats, unreportedMillis: 100 }))
    assert.deepStrictEqual(asks(looks), ["report", "beat", "beat", "beat", "report", "beat"])
  })

  it("A thread that may have something to report is asked every ten seconds.", () => {
    const looks = Array.from({ length: 30 }, (_, second) => ({
      nowMillis: second * 1000,
      beats: second,
      sleeps: true,
      unreportedMillis: second === 0 ? 1 : 0.05
    }))
    assert.deepStrictEqual(asks(looks).flatMap((ask, second) => ask === "report" ? [second] : []), [0, 10, 20])
  })

  it("A thread that was active for no longer than the end of a turn is asked nothing.", () => {
    const looks = Array.from({ length: 30 }, (_, index) => ({
      nowMillis: index * 10_000,
      sleeps: true,
      unreportedMillis: 0.03
    }))
    assert.isTrue(asks(looks).every((ask) => ask === "nothing"))
  })

  it("A thread that answers, sleeps and works by chance owes one answer at most, and what is new is asked for in time.", () => {
    const happening = fc.record({ answers: fc.boolean(), sleeps: fc.boolean(), works: fc.boolean() })
    fc.assert(fc.property(fc.array(happening, { maxLength: 60 }), (moments) => {
      let sight: Sight | undefined
      let [beats, idleMillis, unreportedMillis, waitsSince] = [0, 0, 0, 0]
      let owed: Seen["ask"] = "nothing"
      moments.forEach(({ answers, sleeps, works }, index) => {
        const nowMillis = index * 250
        if (answers && owed !== "nothing") {
          if (owed === "report") unreportedMillis = 0
          beats++
          owed = "nothing"
        }
        if (sleeps) idleMillis++
        if (works) unreportedMillis++
        const signs = { incarnation: 1, isRunning: true, beats, idleMillis, unreportedMillis, now: moment(nowMillis) }
        const seen = look(sight, signs, stallAfterMillis)
        sight = seen.sight
        if (unreportedMillis === 0 || owed !== "nothing" || seen.ask === "report") waitsSince = nowMillis
        if (seen.ask !== "nothing") {
          assert.strictEqual(owed, "nothing")
          owed = seen.ask
        }
        assert.isBelow(nowMillis - waitsSince, 1000)
      })
    }))
  })
})

it("A thread is looked at four times in stallAfter, and at least once a second.", () => {
  assert.deepStrictEqual([100, 1000, 5000, 60_000].map((stallAfterMillis) => everyMillis({ stallAfterMillis })), [
    25,
    250,
    1000,
    1000
  ])
})
