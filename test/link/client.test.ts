import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { CallChain, Callers } from "../../src/link/callers.ts"
import * as client from "../../src/link/client.ts"
import { call, make, Refused, Sink } from "./world.ts"

/** Reads a stream into a list, as slowly as the test says. */
const reader = (world: ReturnType<typeof make>) => {
  const read: Array<number> = []
  let go = (): void => {}
  const asked = call(Stream.runForEach(world.sink.Numbers(), (n) =>
    Effect.callback<void>((resume) => {
      read.push(n)
      go = () => resume(Effect.void)
    })))
  return { read, call: asked, go: () => go() }
}

describe("a stream", () => {
  it("A stream carries its elements in order, and ends as its producer ends.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(Stream.runCollect(world.sink.Numbers()))
    thread.settle()
    const [delivery] = thread.started
    delivery?.emit([])
    thread.settle()
    delivery?.emit([1, 2, 3])
    delivery?.emit([4])
    delivery?.end({ _tag: "Success", value: undefined })
    thread.settle()
    assert.strictEqual(asked.state(), "value:[1,2,3,4]")
    assert.strictEqual(world.timers.size, 0)
  })

  it("A stream ends in its producer's error, after the elements before it.", () => {
    const world = make()
    const thread = world.boot()
    const read: Array<number> = []
    const asked = call(Stream.runForEach(world.sink.Numbers(), (n) => Effect.sync(() => read.push(n))))
    thread.settle()
    thread.started[0]?.emit([])
    thread.started[0]?.emit([1, 2])
    thread.started[0]?.end({ _tag: "Error", error: new Refused({ why: "enough" }) })
    thread.settle()
    assert.deepStrictEqual(read, [1, 2])
    assert.strictEqual(asked.state(), "error:enough")
  })

  it("A stream gives its producer credit as its reader reads, and no more.", () => {
    const world = make()
    const thread = world.boot()
    const slow = reader(world)
    thread.settle()
    const [delivery] = thread.started
    if (delivery === undefined) return assert.fail("not started")
    delivery.emit([])
    thread.settle()
    /** How many more elements it may send; takes them all. */
    const credit = () => delivery.window?.take(Array.from({ length: 2000 }, () => 0), 0)
    const window = credit() ?? 0
    assert.isAtLeast(window, 1)
    delivery.emit(Array.from({ length: window }, (_, n) => n))
    thread.settle()
    // The reader has taken what arrived and sits on the first element: one window of credit has come back.
    assert.deepStrictEqual(slow.read, [0])
    assert.strictEqual(credit(), window)
    delivery.emit(Array.from({ length: window }, (_, n) => window + n))
    thread.settle()
    assert.strictEqual(credit(), 0)
    for (let n = 0; n < window; n++) slow.go()
    thread.settle()
    assert.strictEqual(credit(), window)
    assert.deepStrictEqual(slow.read.length, window + 1)
  })

  it("A stream left early interrupts its producer.", () => {
    const world = make()
    const thread = world.boot()
    let cancelled = 0
    const asked = call(Stream.runCollect(Stream.take(world.sink.Numbers(), 2)))
    thread.settle()
    const [delivery] = thread.started
    if (delivery !== undefined) delivery.onCancel = () => cancelled++
    delivery?.emit([])
    delivery?.emit([1, 2, 3])
    thread.settle()
    assert.strictEqual(asked.state(), "value:[1,2]")
    assert.strictEqual(cancelled, 1)
  })

  it("A stream whose reader is interrupted before it started never starts.", () => {
    const world = make()
    const thread = world.boot()
    call(world.sink.Put({ n: 0 }))
    const asked = call(Stream.runDrain(world.sink.Numbers()))
    thread.settle()
    asked.interrupt()
    thread.settle()
    thread.finish(0)
    thread.settle()
    assert.lengthOf(thread.started, 1)
    assert.strictEqual(thread.block.depth(0), 0)
    assert.strictEqual(world.timers.size, 0)
  })

  it("A stream that does not open in time fails; one that is open may rest as long as it likes.", () => {
    const world = make({ concurrency: 2 })
    const thread = world.boot()
    const late = call(Stream.runDrain(world.sink.Numbers()))
    thread.settle()
    world.fire()
    assert.strictEqual(late.state(), "TimedOut/maybe")
    const open = call(Stream.runDrain(world.sink.Numbers()))
    thread.settle()
    thread.started[1]?.emit([])
    thread.settle()
    assert.strictEqual(world.timers.size, 0)
    assert.strictEqual(open.state(), "pending")
  })

  it("A stream of a crashed actor fails with what happened; one that had not started goes to the next incarnation.", () => {
    const world = make()
    const thread = world.boot()
    const started = call(Stream.runDrain(world.sink.Numbers()))
    const queued = call(Stream.runCollect(world.sink.Numbers()))
    thread.settle()
    thread.started[0]?.emit([])
    thread.started[0]?.emit([1])
    thread.die()
    assert.strictEqual(started.state(), "Crashed/maybe")
    const next = world.boot()
    next.settle()
    next.started[0]?.emit([])
    next.started[0]?.emit([7])
    next.started[0]?.end({ _tag: "Success", value: undefined })
    next.settle()
    assert.strictEqual(queued.state(), "value:[7]")
  })

  it("A stream with an element that does not match its schema fails its reader and stops its producer.", () => {
    const world = make()
    const thread = world.boot()
    let cancelled = 0
    const asked = call(Stream.runDrain(world.sink.Numbers()))
    thread.settle()
    const [delivery] = thread.started
    if (delivery !== undefined) delivery.onCancel = () => cancelled++
    delivery?.emit([])
    delivery?.emit(["one"])
    thread.settle()
    assert.strictEqual(asked.state(), "NotSendable/maybe")
    assert.strictEqual(cancelled, 1)
  })
})

describe("a payload", () => {
  it("A payload that does not match its schema is the sender's own error, and reaches nobody.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(Effect.flip(world.sink.Put({ n: 1.5 })))
    assert.include(asked.state(), "NotSendable")
    assert.include(asked.state(), "Sink")
    assert.include(asked.state(), `at [\\"n\\"]`)
    assert.strictEqual(call(world.sink.Put({ n: 1.5 }, { discard: true })).state(), "NotSendable/no")
    assert.strictEqual(thread.there.deliver(), 0)
    assert.strictEqual(thread.block.depth(0), 0)
    assert.strictEqual(world.timers.size, 0)
  })
})

describe("a client", () => {
  it("A client of an actor that no thread declares fails at once and lists those that are declared.", () => {
    const clients = client.make(Sink, undefined, {
      after: () => ({ giveUp: () => {} }),
      known: ["Drain"],
      origin: {
        thread: "main",
        services: Context.empty(),
        clients: Context.empty,
        sendDurable: undefined,
        sendRemote: undefined
      }
    })
    const sink = Context.get(Context.makeUnsafe<Sink>(new Map([[Sink.key, clients]])), Sink)
    assert.strictEqual(call(sink.Put({ n: 1 })).state(), "NotRunning/no")
    assert.strictEqual(call(Stream.runDrain(sink.Numbers())).state(), "NotRunning/no")
    assert.include(call(Effect.flip(sink.Put({ n: 1 }))).state(), `"known":["Drain"]`)
  })

  it("A client sends each time its effect is run, and not before.", () => {
    const world = make()
    const thread = world.boot()
    const ask = world.sink.Put({ n: 1 })
    assert.strictEqual(thread.there.deliver(), 0)
    const calls = [call(ask), call(ask)]
    thread.settle()
    thread.finish(1)
    thread.finish(2)
    thread.settle()
    assert.deepStrictEqual(calls.map(({ state }) => state()), ["value:1", "value:2"])
  })

  it("A client waits without limit when it is told to.", () => {
    const world = make()
    call(world.sink.Put({ n: 1 }, { timeout: "Infinity" }))
    assert.strictEqual(world.timers.size, 0)
    call(world.sink.Put({ n: 1 }, { timeout: "90 seconds" }))
    call(world.sink.Put({ n: 1 }))
    assert.deepStrictEqual(Array.from(world.timers, ({ millis }) => millis), [90_000, 5000])
  })

  it("A client names the actors that wait for each other when an ask could never be answered.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(
      Effect.flip(Effect.provideService(world.sink.Put({ n: 1 }), CallChain, new Callers(["Web", "Sink", "Drain"], [])))
    )
    thread.settle()
    assert.deepStrictEqual(thread.started[0]?.request[5], ["Web", "Sink", "Drain"])
    world.fire()
    assert.include(asked.state(), `"cycle":["Sink","Drain","Sink"]`)
  })
})
