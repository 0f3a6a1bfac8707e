import { assert, describe, it } from "@effect/vitest"
import { onTimer } from "../../src/link/after.ts"

/** Waits for so many calls of what it gives, and says in which order and when they came. */
const calls = (count: number) => {
  const came: Array<readonly [name: string, atMillis: number]> = []
  let done = () => {}
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  // The waits themselves keep no process alive.
  const alive = setInterval(() => {}, 1000)
  return {
    call: (name: string) => () => {
      came.push([name, performance.now()])
      if (came.length === count) done()
    },
    all: async () => {
      await all
      clearInterval(alive)
      return came
    }
  }
}

describe("waits", () => {
  it("end when their time is over, not before, in the order of their times", async () => {
    const { all, call } = calls(5)
    const began = performance.now()
    for (const [name, millis] of [["c", 60], ["a", 20], ["b", 40], ["a", 20], ["c", 60]] as const) {
      onTimer(millis, call(name))
    }
    const came = await all()
    assert.deepStrictEqual(came.map(([name]) => name), ["a", "a", "b", "c", "c"])
    for (const [name, at] of came) assert.isAtLeast(at - began, { a: 20, b: 40, c: 60 }[name] ?? 0)
  })

  it("that are given up never end, whichever of them, also while another ends", async () => {
    const { all, call } = calls(3)
    const stop: Array<() => void> = []
    stop.push(onTimer(20, call("given up, the first")))
    onTimer(20, () => {
      call("goes on")()
      for (const give of stop) give()
    })
    stop.push(onTimer(20, call("given up, in the middle")))
    onTimer(20, call("goes on"))
    stop.push(onTimer(20, call("given up, the last")))
    stop[0]?.()
    onTimer(25, call("goes on"))
    assert.deepStrictEqual((await all()).map(([name]) => name), ["goes on", "goes on", "goes on"])
  })

  it("may begin while one ends, and again after all have ended", async () => {
    const { all, call } = calls(3)
    onTimer(10, () => {
      call("first")()
      onTimer(10, () => {
        call("second")()
        setImmediate(() => onTimer(10, call("third")))
      })
    })
    assert.deepStrictEqual((await all()).map(([name]) => name), ["first", "second", "third"])
  })

  it("end once, whatever is given up after", async () => {
    const { all, call } = calls(2)
    const stop = onTimer(10, () => {
      call("one")()
      stop()
      stop()
    })
    onTimer(10, call("two"))
    assert.deepStrictEqual((await all()).map(([name]) => name), ["one", "two"])
  })
})
