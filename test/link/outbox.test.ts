import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { capacity as slots } from "../../src/shared/ledger.ts"
import { call, crash, make, numbers } from "./world.ts"

const range = (count: number, from = 0): Array<number> => Array.from({ length: count }, (_, n) => from + n)
const tell = { discard: true } as const

describe("order", () => {
  it("The order of one sender's messages is kept, asks and tells alike, also while the thread is not there yet.", () => {
    const world = make()
    const calls = range(10).map((n) => call(n % 2 === 0 ? world.sink.Put({ n }) : world.sink.Put({ n }, tell)))
    const thread = world.start()
    for (const n of range(10, 10)) calls.push(call(world.sink.Put({ n }, tell)))
    thread.ready((delivery) => {
      delivery.end({ _tag: "Success", value: 0 })
      thread.mailbox.release()
    })
    for (const n of range(10, 20)) calls.push(call(world.sink.Put({ n }, tell)))
    thread.settle()
    assert.deepStrictEqual(numbers(thread.started), range(30))
    assert.isTrue(calls.every(({ state }) => state().startsWith("value")))
  })

  it("Order is kept for a sender that goes on as soon as its message is accepted.", () => {
    const world = make({ capacity: 3 })
    const calls = range(5).map((from) =>
      call(Effect.forEach(range(20, from * 100), (n) => world.sink.Put({ n }, tell), { discard: true }))
    )
    const thread = world.boot((delivery) => {
      delivery.end({ _tag: "Success", value: 0 })
      thread.mailbox.release()
    })
    thread.settle()
    assert.isTrue(calls.every(({ state }) => state() === "value:undefined"))
    const handled = numbers(thread.started)
    assert.lengthOf(handled, 100)
    for (const from of range(5)) {
      assert.deepStrictEqual(handled.filter((n) => Math.floor(Number(n) / 100) === from), range(20, from * 100))
    }
  })
})

describe("an answer", () => {
  it("An answer comes as what the handler ended with.", () => {
    const world = make({ concurrency: 3 })
    const thread = world.boot()
    const calls = range(3).map((n) => call(world.sink.Put({ n })))
    thread.settle()
    const [value, error, failed] = thread.started
    value?.end({ _tag: "Success", value: 42 })
    error?.end({ _tag: "Error", error: { _tag: "Refused", why: "no" } })
    failed?.end({ _tag: "Success", value: "not a number" })
    thread.settle()
    assert.strictEqual(calls[0]?.state(), "value:42")
    assert.strictEqual(calls[2]?.state(), "NotSendable/maybe")
    assert.notStrictEqual(calls[1]?.state(), "pending")
  })

  it("An answer is given once, whatever the handler says after it.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.Put({ n: 1 }))
    thread.settle()
    for (const value of [1, 2, 3]) thread.started[0]?.end({ _tag: "Success", value })
    thread.settle()
    assert.strictEqual(asked.state(), "value:1")
    assert.lengthOf(thread.here.posted.filter(([kind]) => kind === "done"), 1)
  })
})

describe("a message that is taken back", () => {
  it("A message that is taken back before it started has not run, and says so.", () => {
    const world = make()
    const thread = world.boot()
    const first = call(world.sink.Put({ n: 1 }))
    const second = call(world.sink.Put({ n: 2 }))
    thread.settle()
    world.fire()
    assert.strictEqual(second.state(), "TimedOut/no")
    thread.settle()
    thread.finish(0)
    thread.settle()
    assert.strictEqual(first.state(), "value:0")
    assert.deepStrictEqual(numbers(thread.started), [1])
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("A message that is taken back before it even arrived has not run either.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.Put({ n: 1 }))
    asked.interrupt()
    thread.settle()
    assert.strictEqual(asked.state(), "interrupted")
    assert.lengthOf(thread.started, 0)
    assert.strictEqual(thread.block.depth(0), 0)
    call(world.sink.Put({ n: 2 }, tell))
    thread.settle()
    assert.deepStrictEqual(numbers(thread.started), [2])
  })

  it("A message that is taken back after it started may have run; its handler is told.", () => {
    const world = make()
    const thread = world.boot()
    let cancelled = 0
    const asked = call(world.sink.Put({ n: 1 }))
    thread.settle()
    const [delivery] = thread.started
    if (delivery !== undefined) delivery.onCancel = () => cancelled++
    world.fire()
    thread.settle()
    assert.strictEqual(asked.state(), "TimedOut/maybe")
    assert.strictEqual(cancelled, 1)
    // The answer of a handler that could not be interrupted goes nowhere.
    thread.finish(7)
    thread.settle()
    assert.strictEqual(asked.state(), "TimedOut/maybe")
  })

  it("A message that is taken back while the thread is away is not sent at all, and names the restart.", () => {
    const world = make()
    const asked = call(world.sink.Put({ n: 1 }))
    world.fire()
    assert.strictEqual(asked.state(), "Restarting/no")
    const thread = world.boot()
    thread.settle()
    assert.lengthOf(thread.started, 0)
  })

  it("A message that is taken back leaves no timer behind.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.Put({ n: 1 }))
    assert.strictEqual(world.timers.size, 1)
    asked.interrupt()
    assert.strictEqual(world.timers.size, 0)
    thread.settle()
  })
})

describe("when the other thread dies", () => {
  it("What never started goes to the next incarnation, in order, and what had started is reported.", () => {
    const world = make({ concurrency: 2 })
    const thread = world.boot()
    const asked = call(world.sink.Put({ n: 0 }))
    const told = call(world.sink.Put({ n: 1 }, tell))
    const others = range(4, 2).map((n) => call(n % 2 === 0 ? world.sink.Put({ n }) : world.sink.Put({ n }, tell)))
    thread.settle()
    const late = call(world.sink.Put({ n: 6 }, tell))
    assert.deepStrictEqual(numbers(thread.started), [0, 1])
    thread.die()
    assert.strictEqual(asked.state(), "Crashed/maybe")
    assert.strictEqual(told.state(), "value:undefined")
    assert.deepStrictEqual(world.deadLetters.map(({ actor, reason, request }) => [actor, request, reason._tag]), [
      ["Sink", "Put", "Crashed"]
    ])
    assert.deepStrictEqual(others.map(({ state }) => state()), [
      "pending",
      "value:undefined",
      "pending",
      "value:undefined"
    ])
    const after = call(world.sink.Put({ n: 7 }, tell))
    const next = world.boot((delivery) => {
      delivery.end({ _tag: "Success", value: 1 })
      next.mailbox.release()
    })
    next.settle()
    assert.deepStrictEqual(numbers(next.started), range(6, 2))
    assert.deepStrictEqual([...others, late, after].map(({ state }) => state()), [
      "value:1",
      "value:undefined",
      "value:1",
      "value:undefined",
      "value:undefined",
      "value:undefined"
    ])
    assert.lengthOf(world.deadLetters, 1)
  })

  it("A message that had started fails with the cause of the other thread's death.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(Effect.flip(world.sink.Put({ n: 0 })))
    thread.settle()
    thread.die()
    assert.include(asked.state(), "boom")
  })

  it("An answer that was on its way still counts.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.Put({ n: 0 }))
    thread.settle()
    thread.finish(5)
    thread.die()
    assert.strictEqual(asked.state(), "value:5")
  })

  it("An ask whose handler ended but whose answer is lost may have run.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(world.sink.Put({ n: 0 }))
    thread.settle()
    thread.here.close()
    thread.finish(5)
    thread.die()
    assert.strictEqual(asked.state(), "Crashed/maybe")
  })

  it("A tell that was handled is not reported.", () => {
    const world = make()
    const thread = world.boot()
    call(world.sink.Put({ n: 0 }, tell))
    thread.settle()
    thread.finish()
    thread.die()
    const next = world.boot()
    next.settle()
    assert.lengthOf(world.deadLetters, 0)
    assert.lengthOf(next.started, 0)
  })

  it("What moved its bytes is not sent again, but reported as never run.", () => {
    const world = make()
    const thread = world.boot()
    call(world.sink.Put({ n: 0 }))
    const asked = call(world.sink.Move({ bytes: new Uint8Array(8) }))
    const told = call(world.sink.Move({ bytes: new Uint8Array(8) }, tell))
    thread.settle()
    thread.die()
    assert.strictEqual(asked.state(), "Crashed/no")
    assert.strictEqual(told.state(), "value:undefined")
    assert.deepStrictEqual(world.deadLetters.map(({ reason }) => [reason._tag, reason.handled]), [["Crashed", "no"]])
    const next = world.boot()
    next.settle()
    assert.lengthOf(next.started, 0)
  })

  it("Nothing that it may still start runs twice: a thread taken for dead may live on for a while.", () => {
    const world = make()
    const thread = world.boot()
    call(world.sink.Put({ n: 0 }, tell))
    call(world.sink.Put({ n: 1 }, tell))
    thread.settle()
    world.sender.lost("actors", thread.incarnation, crash)
    thread.finish()
    const next = world.boot()
    next.settle()
    assert.deepStrictEqual(numbers(thread.started), [0])
    assert.deepStrictEqual(numbers(next.started), [1])
  })

  it("A caller that sends again at once, to another actor of the same thread, is not forgotten.", () => {
    const world = make()
    const thread = world.boot()
    const asked = call(Effect.matchEffect(world.drain.Put({ n: 0 }), {
      onFailure: () => world.sink.Put({ n: 1 }),
      onSuccess: Effect.succeed
    }))
    thread.settle()
    thread.die()
    assert.strictEqual(asked.state(), "pending")
    const next = world.boot()
    next.settle()
    next.finish(9)
    next.settle()
    assert.strictEqual(asked.state(), "value:9")
  })

  it("Messages of an older incarnation's link change nothing.", () => {
    const world = make()
    const thread = world.boot()
    world.sender.lost("actors", thread.incarnation, crash)
    const next = world.start()
    const asked = call(world.sink.Put({ n: 0 }))
    next.ready()
    world.sender.lost("actors", thread.incarnation, crash)
    world.sender.ready("actors", thread.incarnation, [])
    next.settle()
    next.finish(3)
    next.settle()
    assert.strictEqual(asked.state(), "value:3")
  })

  it("A message survives any number of deaths until an incarnation starts it.", () => {
    const world = make()
    const asked = call(world.sink.Put({ n: 0 }))
    for (let times = 0; times < 5; times++) {
      const thread = world.boot()
      thread.die()
      assert.strictEqual(asked.state(), "pending")
    }
    const thread = world.boot()
    thread.settle()
    thread.finish(1)
    thread.settle()
    assert.strictEqual(asked.state(), "value:1")
  })
})

describe("when the other thread stops", () => {
  it("When the other thread stops for good, waiting and new messages fail at once, accepted ones are answered.", () => {
    const world = make({ capacity: 1 })
    const thread = world.boot()
    const running = call(world.sink.Put({ n: 0 }))
    thread.settle()
    const accepted = call(world.sink.Put({ n: 1 }))
    const waiting = [call(world.sink.Put({ n: 2 })), call(world.sink.Put({ n: 3 }, tell))]
    world.sender.stopping("actors", false)
    assert.deepStrictEqual(waiting.map(({ state }) => state()), ["Stopping/no", "Stopping/no"])
    assert.strictEqual(call(world.sink.Put({ n: 4 })).state(), "Stopping/no")
    assert.strictEqual(call(world.sink.Put({ n: 5 }, tell)).state(), "Stopping/no")
    thread.settle()
    thread.finish(10)
    thread.finish(11)
    thread.settle()
    assert.strictEqual(running.state(), "value:10")
    assert.strictEqual(accepted.state(), "value:11")
  })

  it("When the other thread stops to come back, messages wait for the next incarnation, and an impatient ask learns of the restart.", () => {
    const world = make()
    const thread = world.boot()
    world.sender.stopping("actors", true)
    const patient = call(world.sink.Put({ n: 0 }))
    const told = call(world.sink.Put({ n: 1 }, tell))
    const impatient = call(world.sink.Put({ n: 2 }))
    world.fire()
    assert.strictEqual(impatient.state(), "Restarting/no")
    thread.settle()
    assert.lengthOf(thread.started, 0)
    thread.die()
    const next = world.boot()
    next.settle()
    next.finish(1)
    next.settle()
    assert.strictEqual(patient.state(), "value:1")
    assert.strictEqual(told.state(), "value:undefined")
    assert.deepStrictEqual(numbers(next.started), [0, 1])
  })

  it("When the other thread stays away, everything fails at once with NotRunning, which names the actors there are.", () => {
    const world = make()
    const thread = world.boot()
    const running = call(world.sink.Put({ n: 0 }))
    const queued = call(world.sink.Put({ n: 1 }))
    const told = call(world.sink.Put({ n: 2 }, tell))
    thread.settle()
    thread.die()
    world.sender.gone("actors", "thread \"actors\" was stopped")
    assert.deepStrictEqual([running, queued, told].map(({ state }) => state()), [
      "Crashed/maybe",
      "NotRunning/no",
      "value:undefined"
    ])
    assert.deepStrictEqual(world.deadLetters.map(({ reason }) => reason._tag), ["NotRunning"])
    const later = call(Effect.flip(world.sink.Put({ n: 3 })))
    assert.include(later.state(), `"known":["Sink","Drain"]`)
    assert.include(later.state(), "was stopped")
    assert.strictEqual(call(world.sink.Put({ n: 4 }, tell)).state(), "NotRunning/no")
  })

  it("When the other thread is expected again, messages wait.", () => {
    const world = make()
    const thread = world.boot()
    thread.die()
    world.sender.gone("actors", "stopped")
    world.sender.expected("actors")
    const asked = call(world.sink.Put({ n: 0 }))
    assert.strictEqual(asked.state(), "pending")
    const next = world.boot()
    next.settle()
    next.finish(1)
    next.settle()
    assert.strictEqual(asked.state(), "value:1")
  })
})

describe("more messages in flight than a link has slots for", () => {
  it("More messages in flight than a link has slots for wait at the sender, and go out as others are answered.", () => {
    const world = make({ capacity: 20_000, concurrency: Infinity })
    const thread = world.boot()
    const calls = range(slots + 10).map((n) => call(world.sink.Put({ n })))
    thread.settle()
    assert.lengthOf(thread.started, slots)
    for (const n of range(10)) thread.finish(n)
    thread.settle()
    assert.lengthOf(thread.started, slots + 10)
    assert.deepStrictEqual(numbers(thread.started.slice(-3)), range(3, slots + 7))
    for (const n of range(slots)) thread.finish(n)
    thread.settle()
    assert.isTrue(calls.every(({ state }) => state().startsWith("value")))
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("The waiting messages of one actor don't keep those of its neighbour waiting once slots are free.", () => {
    const world = make({ capacity: 20_000, concurrency: Infinity })
    const thread = world.boot()
    for (const n of range(slots)) call(world.sink.Put({ n }))
    const neighbour = call(world.drain.Put({ n: 0 }, tell))
    thread.settle()
    assert.strictEqual(neighbour.state(), "pending")
    thread.finish(0)
    thread.settle()
    assert.strictEqual(neighbour.state(), "value:undefined")
  })

  it("More messages in flight than a link has slots for go out as tells are handled, also when the mailbox was never full.", () => {
    const world = make({ capacity: 20_000, concurrency: Infinity })
    const thread = world.boot()
    const calls = range(slots + 10).map((n) => call(world.sink.Put({ n }, tell)))
    const neighbour = call(world.drain.Put({ n: 0 }, tell))
    thread.settle()
    assert.lengthOf(thread.started, slots)
    for (const n of range(10)) thread.finish(n)
    thread.settle()
    for (const n of range(slots, 10)) thread.finish(n)
    thread.settle()
    assert.lengthOf(thread.started, slots + 11)
    assert.isTrue([...calls, neighbour].every(({ state }) => state() === "value:undefined"))
  })

  it("The slots of tells are free once they are handled.", () => {
    const world = make({ capacity: 1000 })
    const thread = world.boot((delivery) => {
      delivery.end({ _tag: "Success", value: 0 })
      thread.mailbox.release()
    })
    const calls = []
    for (const n of range(3 * slots)) {
      calls.push(call(world.sink.Put({ n }, tell)))
      if (n % 100 === 0) thread.settle()
    }
    thread.settle()
    assert.isTrue(calls.every(({ state }) => state() === "value:undefined"))
    assert.lengthOf(thread.started, 3 * slots)
  })
})

describe("a mailbox that drops the oldest", () => {
  it("A mailbox that drops the oldest does so too while its thread is away, and suspends nobody.", () => {
    const world = make({ capacity: 2, overflow: "drop-oldest" })
    world.boot().die()
    const calls = range(4).map((n) => call(world.sink.Put({ n })))
    assert.deepStrictEqual(calls.map(({ state }) => state()), [
      "MailboxFull/no",
      "MailboxFull/no",
      "pending",
      "pending"
    ])
    const told = call(world.sink.Put({ n: 4 }, tell))
    assert.strictEqual(told.state(), "value:undefined")
    const thread = world.boot((delivery) => {
      delivery.end({ _tag: "Success", value: 0 })
      thread.mailbox.release()
    })
    thread.settle()
    assert.deepStrictEqual(numbers(thread.started), [3, 4])
  })
})
