import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Stopping } from "../../src/ActorError.ts"
import * as mailbox from "../../src/host/mailbox.ts"
import { type Arrival, Delivery } from "../../src/link/delivery.ts"
import { InFlight } from "../../src/link/inFlight.ts"
import { Outbox } from "../../src/link/outbox.ts"
import { Outgoing } from "../../src/link/outgoing.ts"
import { inTurn } from "../../src/loop/tick.ts"
import * as ledger from "../../src/shared/ledger.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import * as codec from "../../src/wire/codec.ts"
import type { Frame } from "../../src/wire/frame.ts"
import type { Wire } from "../../src/wire/transport.ts"
import { plain } from "../../src/wire/valueFormat.ts"
import { call, make, numbers } from "../link/world.ts"

const range = (count: number, from = 0): Array<number> => Array.from({ length: count }, (_, n) => from + n)
const tell = { discard: true } as const

/** A message whose sender does not listen. */
class Unheard extends Outgoing {
  onSettled(): void {}
  onAccepted(): void {}
  onChunk(): void {}
  onDeadlock(): () => void {
    return () => {}
  }
}

describe("a full mailbox that suspends", () => {
  it("A full mailbox that suspends lets senders wait, and wakes them in order when half of it is free.", () => {
    const world = make({ capacity: 4 })
    const thread = world.boot()
    const calls = range(8).map((n) => call(world.sink.Put({ n }, tell)))
    assert.deepStrictEqual(calls.map(({ state }) => state() === "pending"), [
      ...Array.from({ length: 4 }, () => false),
      ...Array.from({ length: 4 }, () => true)
    ])
    thread.settle()
    // One runs, three wait: more than half.
    assert.strictEqual(thread.block.depth(0), 3)
    assert.strictEqual(calls[4]?.state(), "pending")
    thread.finish()
    thread.settle()
    assert.isTrue(thread.block.depth(0) <= 4)
    assert.notStrictEqual(calls[4]?.state(), "pending")
    for (const _ of range(7)) {
      thread.finish()
      thread.settle()
    }
    assert.isTrue(calls.every(({ state }) => state() === "value:undefined"))
    assert.deepStrictEqual(numbers(thread.started), range(8))
    assert.strictEqual(thread.block.waiters(0), 0)
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("A full mailbox of one place resumes its senders, too.", () => {
    const world = make({ capacity: 1 })
    const thread = world.boot((delivery) => {
      delivery.end({ _tag: "Success", value: 0 })
      thread.mailbox.release()
    })
    const calls = range(50).map((n) => call(n % 3 === 0 ? world.sink.Put({ n }, tell) : world.sink.Put({ n })))
    thread.settle()
    assert.isTrue(calls.every(({ state }) => state().startsWith("value")))
    assert.deepStrictEqual(numbers(thread.started), range(50))
  })

  it("A sender waits for room no longer than the call's time.", () => {
    const world = make({ capacity: 1 })
    const thread = world.boot()
    call(world.sink.Put({ n: 0 }))
    const asked = call(world.sink.Put({ n: 1 }))
    world.fire()
    assert.strictEqual(asked.state(), "TimedOut/no")
    const told = call(world.sink.Put({ n: 2 }, tell))
    world.fire()
    assert.strictEqual(told.state(), "TimedOut/no")
    assert.strictEqual(thread.block.waiters(0), 0)
    thread.settle()
    thread.finish(0)
    thread.settle()
    assert.deepStrictEqual(numbers(thread.started), [0])
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("A sender that waits for room can be interrupted.", () => {
    const world = make({ capacity: 1 })
    const thread = world.boot()
    const calls = range(3).map((n) => call(world.sink.Put({ n })))
    calls[1]?.interrupt()
    thread.settle()
    thread.finish(0)
    thread.settle()
    assert.deepStrictEqual(numbers(thread.started), [0, 2])
    assert.strictEqual(calls[1]?.state(), "interrupted")
  })

  it("A mailbox that gets room before its receiver could see a waiting sender is tried again.", () => {
    const memory = statusBlock.allocate(1)
    const own = statusBlock.make(memory)
    const posted: Array<unknown> = []
    const sending = new Outbox({ actors: 1, local: false, onDeadLetter: () => {} })
    const wire: Wire = {
      local: false,
      post: (frame) => void posted.push(frame[4]),
      drain: () => {},
      flush: () => {},
      close: () => {}
    }
    class Leaving extends statusBlock.StatusBlock {
      override addWaiters(actor: number, by: number): number {
        // The receiver has just taken its last message, saw nobody wait, and so tells nobody.
        if (by > 0) own.addDepth(actor, -1)
        return super.addWaiters(actor, by)
      }
    }
    const block = new Leaving(memory)
    sending.open(new InFlight(wire, ledger.makeSender(ledger.allocate()), block), [{
      capacity: 1,
      overflow: "suspend"
    }])
    for (const value of [0, 1]) {
      sending.send(new Unheard("tell", 0, "Put", { value, transfer: [], format: plain, copies: [] }, [], null))
    }
    assert.deepStrictEqual(posted, [0, 1])
    assert.strictEqual(own.waiters(0), 0)
  })

  it("A full mailbox keeps no message of another actor waiting.", () => {
    const world = make({ capacity: 1 })
    const thread = world.boot()
    for (const n of range(3)) call(world.sink.Put({ n }))
    const other = call(world.drain.Put({ n: 9 }, tell))
    assert.strictEqual(other.state(), "value:undefined")
    thread.settle()
    assert.include(numbers(thread.started), 9)
  })
})

describe("a full mailbox that fails", () => {
  it("A full mailbox that fails refuses an ask and a tell at once, names its capacity, and takes the next when there is room.", () => {
    const world = make({ capacity: 2, overflow: "fail" })
    const thread = world.boot()
    const calls = range(2).map((n) => call(world.sink.Put({ n })))
    assert.strictEqual(call(world.sink.Put({ n: 2 })).state(), "MailboxFull/no")
    assert.strictEqual(call(world.sink.Put({ n: 3 }, tell)).state(), "MailboxFull/no")
    assert.include(call(Effect.flip(world.sink.Put({ n: 4 }))).state(), `"capacity":2`)
    thread.settle()
    const third = call(world.sink.Put({ n: 5 }))
    thread.settle()
    for (const n of range(3)) {
      thread.finish(n)
      thread.settle()
    }
    assert.deepStrictEqual([...calls, third].map(({ state }) => state()), ["value:0", "value:1", "value:2"])
    assert.deepStrictEqual(numbers(thread.started), [0, 1, 5])
  })

  it("A full mailbox that fails holds as many messages while its thread is away.", () => {
    const world = make({ capacity: 2, overflow: "fail" })
    const thread = world.boot()
    thread.settle()
    thread.die()
    const calls = range(3).map((n) => call(world.sink.Put({ n }, tell)))
    assert.deepStrictEqual(calls.map(({ state }) => state()), ["value:undefined", "value:undefined", "MailboxFull/no"])
    const next = world.boot()
    next.settle()
    next.finish()
    next.settle()
    assert.deepStrictEqual(numbers(next.started), [0, 1])
  })
})

describe("a full mailbox that drops the oldest", () => {
  it("A full mailbox that drops the oldest keeps the youngest; dropped asks fail, dropped tells are dead letters.", () => {
    const world = make({ capacity: 2, overflow: "drop-oldest" })
    const thread = world.boot()
    call(world.sink.Put({ n: 0 }))
    thread.settle()
    const calls = range(5, 1).map((n) => call(n % 2 === 1 ? world.sink.Put({ n }) : world.sink.Put({ n }, tell)))
    thread.settle()
    assert.deepStrictEqual(calls.map(({ state }) => state()), [
      "MailboxFull/no",
      "value:undefined",
      "MailboxFull/no",
      "value:undefined",
      "pending"
    ])
    for (const n of range(3)) {
      thread.finish(n)
      thread.settle()
    }
    assert.deepStrictEqual(numbers(thread.started), [0, 4, 5])
    assert.strictEqual(calls[4]?.state(), "value:2")
    assert.strictEqual(thread.block.depth(0), 0)
    // The receiving side knows that the tell was dropped: it is reported there.
    assert.lengthOf(world.deadLetters, 0)
    assert.deepStrictEqual(thread.deadLetters.map(({ actor, reason }) => [actor, reason._tag]), [[
      "Sink",
      "MailboxFull"
    ]])
  })
})

describe("handing out", () => {
  it("A mailbox hands out one message at a time by default, and as many as allowed.", () => {
    for (const concurrency of [1, 3]) {
      const world = make({ concurrency })
      const thread = world.boot()
      for (const n of range(10)) call(world.sink.Put({ n }, tell))
      thread.settle()
      assert.lengthOf(thread.started, concurrency)
      thread.finish()
      assert.lengthOf(thread.started, concurrency + 1)
    }
  })

  it("A mailbox hands out nothing while the actor is built again, and then goes on with what waited.", () => {
    const world = make()
    const thread = world.boot()
    for (const n of range(3)) call(world.sink.Put({ n }, tell))
    thread.settle()
    thread.mailbox.pause()
    for (const n of range(3, 3)) call(world.sink.Put({ n }, tell))
    thread.settle()
    assert.deepStrictEqual(numbers(thread.started), [0])
    const again: Array<unknown> = []
    thread.mailbox.resume((delivery) => {
      again.push(...numbers([delivery]))
      delivery.end({ _tag: "Success", value: 0 })
      thread.mailbox.release()
    })
    assert.deepStrictEqual(again, range(5, 1))
  })

  it("A mailbox hands out thousands of messages without losing its place.", () => {
    const world = make({ capacity: 5000 })
    const thread = world.boot()
    for (const n of range(4000)) call(world.sink.Put({ n }, tell))
    thread.settle()
    for (const _ of range(2000)) thread.finish()
    for (const n of range(500, 4000)) call(world.sink.Put({ n }, tell))
    thread.settle()
    for (const _ of range(2500)) thread.finish()
    assert.deepStrictEqual(numbers(thread.started), range(4500))
    assert.strictEqual(thread.mailbox.size(), 0)
    assert.strictEqual(thread.block.depth(0), 0)
  })
})

describe("stopping", () => {
  it("A mailbox that closes finishes what was accepted, refuses what comes after, and says when it is idle, once all is done.", () => {
    const world = make()
    const thread = world.boot()
    const calls = range(2).map((n) => call(world.sink.Put({ n })))
    thread.settle()
    let idle = 0
    thread.mailbox.close(() => idle++)
    const late = call(world.sink.Put({ n: 2 }))
    thread.settle()
    assert.strictEqual(late.state(), "Stopping/no")
    thread.finish(0)
    assert.strictEqual(idle, 0)
    thread.finish(1)
    assert.isAtLeast(idle, 1)
    thread.settle()
    assert.deepStrictEqual(calls.map(({ state }) => state()), ["value:0", "value:1"])
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("A mailbox of an idle actor that closes is idle at once.", () => {
    const thread = make().boot()
    let idle = 0
    thread.mailbox.close(() => idle++)
    assert.strictEqual(idle, 1)
  })

  it("A mailbox that closes does not wait for its actor to be built.", () => {
    const world = make()
    const thread = world.boot()
    thread.mailbox.pause()
    const asked = call(world.sink.Put({ n: 0 }))
    thread.settle()
    let idle = 0
    thread.mailbox.close(() => idle++)
    assert.strictEqual(idle, 1)
    thread.mailbox.rejectWaiting(new Stopping())
    thread.settle()
    assert.strictEqual(asked.state(), "Stopping/no")
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("What still waits when the time to stop is over can be rejected.", () => {
    const world = make()
    const thread = world.boot()
    const running = call(world.sink.Put({ n: 0 }))
    const waiting = [call(world.sink.Put({ n: 1 })), call(world.sink.Put({ n: 2 }, tell))]
    thread.settle()
    thread.mailbox.close(() => {})
    thread.mailbox.rejectWaiting(new Stopping())
    thread.settle()
    assert.strictEqual(running.state(), "pending")
    assert.strictEqual(waiting[0]?.state(), "Stopping/no")
    assert.deepStrictEqual(thread.deadLetters.map(({ reason }) => reason._tag), ["Stopping"])
    assert.strictEqual(thread.block.depth(0), 0)
  })

  it("A mailbox that halts starts nothing more, and leaves what waits to the next incarnation.", () => {
    const world = make()
    const thread = world.boot()
    const calls = range(3).map((n) => call(world.sink.Put({ n })))
    thread.settle()
    let idle = 0
    thread.mailbox.halt(() => idle++)
    assert.strictEqual(idle, 0)
    thread.finish(0)
    assert.strictEqual(idle, 1)
    thread.settle()
    thread.die()
    const next = world.boot()
    next.settle()
    for (const n of range(2, 1)) {
      next.finish(n)
      next.settle()
    }
    assert.deepStrictEqual(calls.map(({ state }) => state()), ["value:0", "value:1", "value:2"])
    assert.deepStrictEqual(numbers([...thread.started, ...next.started]), range(3))
  })
})

describe("a mailbox of slow handlers", () => {
  /** A thread's own link, and a mailbox whose handler keeps the processor for `millis`. */
  const busy = (millis: number, sliceMillis?: number) => {
    const memory = ledger.allocate()
    const [sender, receiver] = [ledger.makeSender(memory), ledger.makeReceiver(memory)]
    const frames: Array<Frame> = []
    const arrival: Arrival = {
      sender: "here",
      ledger: receiver,
      wire: {
        local: true,
        post: (frame) => void frames.push(frame),
        drain: () => {},
        flush: () => {},
        close: () => {}
      },
      pending: [],
      onDeadLetter: () => {},
      onLost: () => {},
      onLeft: () => {},
      onSurplus: () => {},
      isInstance: false,
      isLost: false
    }
    const box = mailbox.make(sliceMillis)
    const handled: Array<unknown> = []
    box.resume((delivery) => {
      const until = performance.now() + millis
      while (performance.now() < until);
      handled.push(delivery.payload)
      delivery.end({ _tag: "Success", value: undefined })
      box.release()
    })
    return {
      box,
      handled,
      frames,
      message: (n: number) => new Delivery(arrival, ["ask", sender.claim(0), 0, "Put", n], codec.unknownMessage, n)
    }
  }

  it("A mailbox of slow handlers lets the loop turn every few of them, in order, and then all are handled.", async () => {
    const { box, frames, handled, message } = busy(3)
    const turns: Array<number> = []
    const idle = new Promise<void>((resolve) => {
      inTurn(() => {
        for (const n of range(40)) box.offer(message(n))
        box.close(resolve)
      }, undefined)
    })
    const watch = () => {
      turns.push(handled.length)
      if (handled.length < 40) setImmediate(watch)
    }
    watch()
    await idle
    assert.deepStrictEqual(handled, range(40))
    assert.lengthOf(frames, 40)
    assert.isAtMost(turns[0] ?? 40, 4, "the first turn")
    for (const [index, before] of turns.slice(0, -1).entries()) {
      assert.isAtMost((turns[index + 1] ?? 40) - before, 4, "messages in one turn")
    }
  })

  it("A mailbox of slow handlers does not rest before its time is over.", () => {
    const { box, handled, message } = busy(0, 60_000)
    inTurn(() => range(1000).forEach((n) => box.offer(message(n))), undefined)
    assert.deepStrictEqual(handled, range(1000))
  })

  it("A mailbox of slow handlers rests while it is paused, too, and goes on when it is resumed.", async () => {
    const { box, handled, message } = busy(6)
    inTurn(() => range(6).forEach((n) => box.offer(message(n))), undefined)
    const before = handled.length
    assert.isBelow(before, 6)
    box.pause()
    await new Promise<void>((resolve) => setImmediate(resolve))
    assert.lengthOf(handled, before)
    const rest = new Promise<void>((resolve) => {
      box.resume((delivery) => {
        handled.push(delivery.payload)
        delivery.end({ _tag: "Success", value: undefined })
        box.release()
        if (handled.length === 6) resolve()
      })
    })
    await rest
    assert.deepStrictEqual(handled, range(6))
  })
})
