import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Moment, moment, plus } from "../../src/loop/monotonic.ts"
import * as awake from "../../src/main/awake.ts"
import * as timersByKey from "../../src/main/timers.ts"

const hour = 3_600_000

const make = () => {
  let monotonic: Moment = moment(1e6)
  const now = awake.make(() => monotonic, 1000)
  return {
    now,
    pass(millis: number): Moment {
      monotonic = plus(monotonic, millis)
      return now()
    }
  }
}

describe("the time of the supervisor", () => {
  it("F18: The time of the supervisor passes as the clock does while it is read often enough.", () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1500, noNaN: true })), (gaps) => {
      const { now, pass } = make()
      const began = now()
      for (const gap of gaps) pass(gap)
      assert.closeTo(now() - began, gaps.reduce((sum, gap) => sum + gap, 0), 0.01)
    }))
  })

  for (const gap of [10_000, hour, 1000 * hour]) {
    it(`F18: The time of the supervisor leaves out ${gap / 1000} s in which the process slept.`, () => {
      const { now, pass } = make()
      const began = now()
      pass(800)
      pass(gap)
      pass(700)
      assert.strictEqual(now() - began, 800 + 1000 + 700)
    })
  }

  it("F18: A timer that the process has slept through has its time still to come.", () => {
    const { now, pass } = make()
    const waits: Array<{ readonly millis: number; readonly onDue: () => void }> = []
    const timers = timersByKey.make((millis, then) => {
      waits.push({ millis, onDue: then })
      return () => {}
    }, now)
    let done = 0
    timers.set("start", 30_000, () => done++)
    pass(1000)
    pass(hour)
    waits[0]?.onDue()
    assert.deepStrictEqual(waits.map(({ millis }) => millis), [30_000, 28_000])
    for (let second = 0; second < 28; second++) pass(1000)
    waits[1]?.onDue()
    assert.strictEqual(done, 1)
  })
})

describe("timers by key", () => {
  it("F19: Timers by key are cancelled when they are set again or not wanted any more.", () => {
    const live = new Set<number>()
    let count = 0
    const timers = timersByKey.make((millis) => {
      live.add(millis)
      return () => live.delete(millis)
    }, () => moment(0))
    timers.set("a", 1, () => count++)
    timers.set("a", 2, () => count++)
    timers.set("b", 3, () => count++)
    assert.deepStrictEqual(Array.from(live), [2, 3])
    timers.cancel("a")
    timers.cancel("unknown")
    assert.deepStrictEqual(Array.from(live), [3])
    assert.deepStrictEqual(timers.keys(), ["b"])
    timers.cancelAll()
    assert.deepStrictEqual(Array.from(live), [])
    assert.strictEqual(count, 0)
  })
})
