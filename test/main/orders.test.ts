/** When an order is done: the supervisor's steps one by one, and what each order makes of the state after it. */
import { assert, describe, it } from "@effect/vitest"
import * as orders from "../../src/main/orders.ts"
import { boom, declare, make, three } from "./machine.ts"

type Machine = ReturnType<typeof make>

const running = (
  options: Parameters<typeof declare>[0] = three,
  system: Parameters<typeof declare>[1] = {}
): Machine => {
  const machine = make(declare(options, system))
  machine.boot()
  return machine
}

/** Gives an order to thread `b`; what comes back tells how far it is. */
const give = (machine: Machine, kind: orders.Kind): () => orders.Progress => {
  const order = orders.make(kind, 1, machine.state())
  if (kind === "Stop") machine.stop("b")
  else if (kind === "Start") machine.start("b")
  else machine.restart("b")
  return () => orders.look(order, machine.state())
}

describe("F19: a stop", () => {
  it("F19: A stop of a thread that runs is done when that is dead, and not before.", () => {
    const machine = running()
    const stop = give(machine, "Stop")
    assert.strictEqual(stop(), "Pending")
    machine.acknowledges("b")
    assert.strictEqual(stop(), "Pending")
    machine.ends("b")
    assert.strictEqual(stop(), "Done")
  })

  it("F19: A stop of a thread that is starting is done when that is dead.", () => {
    const machine = make(declare(three))
    machine.wake()
    machine.ready("a")
    const stop = give(machine, "Stop")
    assert.strictEqual(stop(), "Pending")
    machine.stops("b")
    assert.strictEqual(stop(), "Done")
  })

  it("F19: A stop of a thread that does not live is done at once: before its start, in back-off, given up.", () => {
    const unstarted = make(declare(three))
    unstarted.wake()
    assert.strictEqual(give(unstarted, "Stop")(), "Done")
    const waiting = running()
    waiting.ends("b", boom)
    assert.strictEqual(give(waiting, "Stop")(), "Done")
    const quarantined = running({ a: {}, b: { restart: { policy: "never" }, onGiveUp: "quarantine" } })
    quarantined.ends("b", boom)
    assert.strictEqual(give(quarantined, "Stop")(), "Done")
  })

  it("F19: A stop that a start follows is done when the incarnation that it found is dead.", () => {
    const machine = running()
    const stop = give(machine, "Stop")
    const start = give(machine, "Start")
    assert.deepStrictEqual([stop(), start()], ["Pending", "Pending"])
    machine.stops("b")
    assert.deepStrictEqual([stop(), start()], ["Done", "Pending"])
    machine.ready("b")
    assert.strictEqual(start(), "Done")
  })

  it("F19: A stop that waits for its turn is overruled by a start.", () => {
    const machine = running(three, { strategy: "rest-for-one" })
    machine.stop("c")
    const stop = give(machine, "Stop")
    assert.strictEqual(stop(), "Pending")
    const start = give(machine, "Start")
    assert.deepStrictEqual([stop(), start()], ["Overruled", "Done"])
  })

  it("F19: A stop of a thread that can't be ended says so.", () => {
    const machine = running()
    const stop = give(machine, "Stop")
    machine.timesOut("b", "Stop")
    assert.strictEqual(stop(), "Pending")
    machine.timesOut("b", "Kill")
    assert.strictEqual(stop(), "Unkillable")
    assert.strictEqual(give(machine, "Stop")(), "Unkillable")
    assert.strictEqual(give(machine, "Restart")(), "Unkillable")
    machine.ends("b")
    assert.strictEqual(machine.thread("b").phase, "starting", "the last order stands")
  })

  it("F19: A stop while the system shuts down is done in its turn.", () => {
    const machine = running()
    machine.shutdown()
    const stop = give(machine, "Stop")
    machine.stops("c")
    assert.strictEqual(stop(), "Pending")
    machine.stops("b")
    assert.strictEqual(stop(), "Done")
  })
})

describe("F19: a start", () => {
  it("F19: A start is done when the thread runs, whatever fails on the way.", () => {
    const machine = running()
    machine.ends("b", boom)
    const start = give(machine, "Start")
    machine.ends("b", boom)
    assert.strictEqual(start(), "Pending")
    machine.later(1000)
    machine.wake()
    assert.strictEqual(start(), "Pending")
    machine.ready("b")
    assert.strictEqual(start(), "Done")
  })

  it("F19: A start of a thread that was given up ends when that runs, or is given up again.", () => {
    const machine = running({ a: {}, b: { restart: { policy: "never" }, onGiveUp: "quarantine" } })
    machine.ends("b", boom)
    const first = give(machine, "Start")
    assert.strictEqual(first(), "Pending")
    machine.ready("b")
    assert.strictEqual(first(), "Done")
    machine.ends("b", boom)
    const second = give(machine, "Start")
    machine.ends("b", boom)
    assert.strictEqual(second(), "NotUp")
  })

  it("F19: A start is overruled by a stop, and never done while the system ends.", () => {
    const machine = running()
    machine.ends("b", boom)
    const start = give(machine, "Start")
    const stop = give(machine, "Stop")
    assert.deepStrictEqual([start(), stop()], ["Overruled", "Pending"])
    machine.shutdown()
    assert.strictEqual(start(), "NotUp")
    assert.strictEqual(give(machine, "Start")(), "NotUp")
  })
})

describe("F19: a restart", () => {
  it("F19: A restart is done when a later incarnation runs, for every caller.", () => {
    const machine = running()
    const first = give(machine, "Restart")
    const second = give(machine, "Restart")
    const start = give(machine, "Start")
    assert.deepStrictEqual([first(), second(), start()], ["Pending", "Pending", "Pending"])
    machine.stops("b")
    assert.deepStrictEqual([first(), second(), start()], ["Pending", "Pending", "Pending"])
    machine.ready("b")
    assert.deepStrictEqual([first(), second(), start()], ["Done", "Done", "Done"])
  })

  it("F19: A restart of a thread that is starting takes another start.", () => {
    const machine = make(declare(three))
    machine.wake()
    machine.ready("a")
    const restart = give(machine, "Restart")
    machine.ready("b")
    assert.strictEqual(restart(), "Pending")
    machine.stops("b")
    machine.ready("b")
    assert.strictEqual(restart(), "Done")
    assert.strictEqual(machine.thread("b").incarnation, 2)
  })

  it("F19: A restart in back-off is done when the next incarnation runs.", () => {
    const machine = running()
    machine.ends("b", boom)
    const restart = give(machine, "Restart")
    assert.strictEqual(restart(), "Pending")
    machine.ready("b")
    assert.strictEqual(restart(), "Done")
  })

  it("F19: A restart ends when the thread is given up instead.", () => {
    const machine = running({ a: {}, b: { restart: { policy: "never" }, onGiveUp: "quarantine" } })
    const restart = give(machine, "Restart")
    machine.stops("b")
    machine.ends("b", boom)
    assert.strictEqual(restart(), "NotUp")
  })
})
