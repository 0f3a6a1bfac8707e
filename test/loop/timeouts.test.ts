import { assert, describe, it } from "@effect/vitest"
import { onTimer } from "../../src/loop/timeouts.ts"

/** Waits for so many calls of what it gives, and says in which order and when they came. */
const calls = (count: number) => {
  const came: Array<readonly [name: string, atMillis: number]> = []
  let done = () => {}
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  // The waits themselves keep no process alive.
  const alive = setInterval(() => {}, 1000)
  const wait = (millis: number, name: string, also = () => {}) =>
    onTimer(millis, {
      onDue() {
        came.push([name, performance.now()])
        also()
        if (came.length === count) done()
      }
    })
  return {
    wait,
    all: async () => {
      await all
      clearInterval(alive)
      return came
    }
  }
}

describe("waits", () => {
  it("Timeouts end when their time is over, not before, in the order of their times.", async () => {
    const { all, wait } = calls(5)
    const began = performance.now()
    for (const [name, millis] of [["c", 60], ["a", 20], ["b", 40], ["a", 20], ["c", 60]] as const) wait(millis, name)
    const came = await all()
    assert.deepStrictEqual(came.map(([name]) => name), ["a", "a", "b", "c", "c"])
    for (const [name, at] of came) assert.isAtLeast(at - began, { a: 20, b: 40, c: 60 }[name] ?? 0)
  })

  it("Timeouts count from the end of the turn that they began in.", async () => {
    const { all, wait } = calls(2)
    wait(20, "a")
    const busyUntil = performance.now() + 50
    while (performance.now() < busyUntil);
    wait(20, "b")
    const came = await all()
    assert.deepStrictEqual(came.map(([name]) => name), ["a", "b"])
    for (const [, at] of came) assert.isAtLeast(at - busyUntil, 20)
  })

  it("Timeouts that are given up never end, whichever of them, also while another ends.", async () => {
    const { all, wait } = calls(3)
    const given = [wait(20, "given up, the first")]
    wait(20, "goes on", () => {
      for (const wait of given) wait.giveUp()
    })
    given.push(wait(20, "given up, in the middle"))
    wait(20, "goes on")
    given.push(wait(20, "given up, the last"))
    given[0]?.giveUp()
    wait(25, "goes on")
    assert.deepStrictEqual((await all()).map(([name]) => name), ["goes on", "goes on", "goes on"])
  })

  it("Timeouts may begin while one ends, and again after all have ended or have been given up.", async () => {
    const { all, wait } = calls(4)
    wait(10, "first", () => {
      wait(10, "second", () => {
        setImmediate(() => {
          wait(10, "never").giveUp()
          setImmediate(() => wait(10, "third", () => setImmediate(() => wait(10, "fourth"))))
        })
      })
    })
    assert.deepStrictEqual((await all()).map(([name]) => name), ["first", "second", "third", "fourth"])
  })

  it("Timeouts count from their own turn when all before them were given up.", async () => {
    const { all, wait } = calls(3)
    let began = Infinity
    wait(30, "given up").giveUp()
    wait(20, "meanwhile", () =>
      setImmediate(() => {
        began = performance.now()
        wait(30, "a")
        setImmediate(() => {
          wait(30, "given up too").giveUp()
          wait(30, "b")
        })
      }))
    const [, ...came] = await all()
    assert.deepStrictEqual(came.map(([name]) => name), ["a", "b"])
    for (const [, at] of came) assert.isAtLeast(at - began, 30)
  })

  it("Timeouts may begin after others of the same turn were given up.", async () => {
    const { all, wait } = calls(1)
    wait(10, "never").giveUp()
    wait(10, "goes on")
    assert.deepStrictEqual((await all()).map(([name]) => name), ["goes on"])
  })

  it("Timeouts end once, whatever is given up after.", async () => {
    const { all, wait } = calls(2)
    const one = wait(10, "one", () => {
      one.giveUp()
      one.giveUp()
    })
    wait(10, "two")
    assert.deepStrictEqual((await all()).map(([name]) => name), ["one", "two"])
  })
})
