import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { type Moment, moment } from "../src/loop/monotonic.ts"
import { decide, type Ending, type History, noFailures, type RestartPolicy } from "../src/RestartPolicy.ts"

const policy: RestartPolicy = {
  policy: "on-failure",
  minMillis: 100,
  maxMillis: 30_000,
  factor: 2,
  jitter: 0,
  failures: 5,
  resetAfterMillis: 30_000
}

const start = moment(0)
const crash: Ending = { readyAt: start, wellUntil: start, failed: true, fatal: false, random: 0.5 }

/** What is remembered after so many failures in a row. */
const failed = (failures: number, wellUntil: Moment = start): History => ({ failures, wellUntil })

/** Crashes again and again; the waits until the budget is spent. */
const waits = (policy: RestartPolicy, ending: Ending = crash): ReadonlyArray<number> => {
  const waits: Array<number> = []
  let history: History = noFailures
  for (let crashes = 0; crashes < 100; crashes++) {
    const decision = decide(policy, history, ending)
    if (decision._tag !== "Restart") break
    waits.push(decision.afterMillis)
    history = decision.history
  }
  return waits
}

describe("a child that crashes as soon as it is ready", () => {
  it("A child that crashes as soon as it is ready is restarted after 100, 200, 400, 800 and 1600 ms, and the sixth crash gives up.", () => {
    assert.deepStrictEqual(waits(policy), [100, 200, 400, 800, 1600])
    assert.deepStrictEqual(decide(policy, failed(5), crash), { _tag: "GiveUp", history: failed(6) })
  })

  for (const failures of [0, 1, 2, 7]) {
    it(`A child that crashes as soon as it is ready is restarted ${failures} times with a budget of ${failures}.`, () => {
      assert.strictEqual(waits({ ...policy, failures }).length, failures)
    })
  }

  it("The back-off never exceeds `max`.", () => {
    const capped = waits({ ...policy, maxMillis: 500, failures: 6 })
    assert.deepStrictEqual(capped, [100, 200, 400, 500, 500, 500])
  })

  it("The back-off stays the same with factor 1, and is nothing with min 0.", () => {
    assert.deepStrictEqual(waits({ ...policy, factor: 1, failures: 3 }), [100, 100, 100])
    assert.deepStrictEqual(waits({ ...policy, minMillis: 0, failures: 3 }), [0, 0, 0])
  })

  it("The back-off is a number of milliseconds, however often a child has failed.", () => {
    const longAgo = decide({ ...policy, minMillis: 0, failures: 1e6 }, failed(5000), crash)
    assert.deepStrictEqual(longAgo, { _tag: "Restart", afterMillis: 0, history: failed(5001) })
    const capped = decide({ ...policy, failures: 1e6 }, failed(5000), crash)
    assert.deepStrictEqual(capped, { _tag: "Restart", afterMillis: 30_000, history: failed(5001) })
  })

  for (const [random, afterMillis] of [[0, 80], [0.25, 90], [0.5, 100], [0.75, 110], [0.999999, 120]] as const) {
    it(`A jitter of 0.2 and the random number ${random} move a wait of 100 ms to ${afterMillis} ms.`, () => {
      assert.deepStrictEqual(waits({ ...policy, jitter: 0.2, failures: 1 }, { ...crash, random }), [afterMillis])
    })
  }
})

describe("the history", () => {
  const before = failed(4, moment(-7))

  for (
    const [what, ending, failures] of [
      ["went well for less than resetAfter", { readyAt: moment(1000), wellUntil: moment(30_999) }, 5],
      ["went well for resetAfter", { readyAt: moment(1000), wellUntil: moment(31_000) }, 1],
      ["was never seen to be well", { readyAt: moment(1e9), wellUntil: moment(1000) }, 5],
      ["never became ready", { readyAt: undefined, wellUntil: moment(1e9) }, 5]
    ] as const
  ) {
    it(`The history of a child that ${what} counts ${failures}.`, () => {
      const decision = decide(policy, before, { ...crash, ...ending })
      // Of failures in a row it is remembered when the child was well before the first of them.
      const wellUntil = failures === 1 ? ending.wellUntil : before.wellUntil
      assert.deepStrictEqual(decision._tag === "Rest" ? undefined : decision.history, { failures, wellUntil })
    })
  }

  it("The history of a stable run lets the back-off begin again.", () => {
    assert.deepStrictEqual(decide(policy, failed(5), { ...crash, wellUntil: moment(30_000) }), {
      _tag: "Restart",
      afterMillis: 100,
      history: failed(1, moment(30_000))
    })
  })
})

describe("what follows an end", () => {
  for (
    const [name, failed, fatal, expected] of [
      ["on-failure", true, false, "Restart"],
      ["on-failure", true, true, "GiveUp"],
      ["on-failure", false, false, "Rest"],
      ["always", true, false, "Restart"],
      ["always", true, true, "GiveUp"],
      ["always", false, false, "Restart"],
      ["never", true, false, "GiveUp"],
      ["never", true, true, "GiveUp"],
      ["never", false, false, "Rest"]
    ] as const
  ) {
    it(`With "${name}", ${failed ? "a failure" : "a good end"}${fatal ? " that is fatal" : ""} is followed by ${expected}.`, () => {
      assert.strictEqual(decide({ ...policy, policy: name }, noFailures, { ...crash, failed, fatal })._tag, expected)
    })
  }

  it("With \"always\", a good end forgets the failures before it.", () => {
    assert.deepStrictEqual(decide({ ...policy, policy: "always" }, failed(4), { ...crash, failed: false }), {
      _tag: "Restart",
      afterMillis: 100,
      history: noFailures
    })
  })

  it("A fatal failure is given up although the run was stable.", () => {
    assert.strictEqual(decide(policy, noFailures, { ...crash, fatal: true, wellUntil: moment(1e6) })._tag, "GiveUp")
  })
})

describe("any policy", () => {
  const policies = fc.record({
    policy: fc.constantFrom("on-failure" as const, "always" as const),
    minMillis: fc.integer({ min: 0, max: 60_000 }),
    factor: fc.double({ min: 1, max: 1e6, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    failures: fc.integer({ min: 0, max: 3000 }),
    resetAfterMillis: fc.integer({ min: 1, max: 60_000 })
  }).chain((some) => fc.integer({ min: some.minMillis, max: 120_000 }).map((maxMillis) => ({ ...some, maxMillis })))
  const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const counts = fc.integer({ min: 0, max: 3000 })

  it("Any policy waits within the bounds, never less than 0.", () => {
    fc.assert(fc.property(policies, counts, dice, (policy, failures, random) => {
      const decision = decide(policy, failed(failures), { ...crash, random })
      if (decision._tag !== "Restart") return
      const { afterMillis } = decision
      assert.isTrue(Number.isInteger(afterMillis) && afterMillis >= 0, `${afterMillis}`)
      assert.isAtMost(afterMillis, Math.ceil(policy.maxMillis * (1 + policy.jitter)))
      assert.isAtLeast(afterMillis, Math.floor(policy.minMillis * (1 - policy.jitter)))
    }))
  })

  it("Any policy never waits less after one more failure, with the same random number.", () => {
    fc.assert(fc.property(policies, counts, dice, (policy, failures, random) => {
      const [one, next] = [failures, failures + 1].map((failures) =>
        decide(policy, failed(failures), { ...crash, random })
      )
      if (one?._tag === "Restart" && next?._tag === "Restart") assert.isAtMost(one.afterMillis, next.afterMillis)
    }))
  })

  it("Any policy grants exactly its budget, whatever happens between.", () => {
    fc.assert(fc.property(policies, counts, dice, (policy, failures, random) => {
      const decision = decide(policy, failed(failures), { ...crash, random })
      assert.strictEqual(decision._tag, failures < policy.failures ? "Restart" : "GiveUp")
      if (decision._tag !== "Rest") assert.strictEqual(decision.history.failures, failures + 1)
    }))
  })
})
