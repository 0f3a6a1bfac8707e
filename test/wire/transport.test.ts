import { assert, beforeEach, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads"
import { Stopping } from "../../src/ActorError.ts"
import type { Frame } from "../../src/wire/frame.ts"
import { inMemory, overPort, type Receiver } from "../../src/wire/transport.ts"
import { cloned, make as makeLayout, plain } from "../../src/wire/valueFormat.ts"
import { type Call, call, make, numbers } from "../link/world.ts"

const pull = (slot: number): Frame => ["pull", slot, 1, 0]

/** Keeps what arrives, and says when so many have. */
const collector = (count: number) => {
  const frames: Array<Frame> = []
  const refused: Array<Frame> = []
  let enough = (): void => {}
  const all = new Promise<void>((resolve) => {
    enough = resolve
  })
  const note = (list: Array<Frame>) => (frame: Frame): void => {
    list.push(frame)
    if (frames.length + refused.length === count) enough()
  }
  const receiver: Receiver = { receive: note(frames), unsendable: note(refused) }
  return { frames, refused, receiver, all }
}

describe("a wire over a port", () => {
  it("A wire over a port keeps the order over many batches.", async () => {
    const { port1, port2 } = new MessageChannel()
    const there = collector(1000)
    overPort(port2, there.receiver)
    const here = overPort(port1, collector(0).receiver)
    for (let slot = 0; slot < 1000; slot++) {
      here.post(pull(slot), [])
      if (slot % 300 === 0) await Promise.resolve()
    }
    await there.all
    assert.deepStrictEqual(there.frames, Array.from({ length: 1000 }, (_, slot) => pull(slot)))
    here.close()
  })

  it("A wire over a port posts all of a turn as one, but for what moves something.", async () => {
    const { port1, port2 } = new MessageChannel()
    const wire = overPort(port1, collector(0).receiver)
    const bytes = new Uint8Array(3)
    wire.post(pull(0))
    wire.post(["cancel", 1])
    wire.post(["resume", 0])
    wire.post(["done", 2, "success", 7], [], plain)
    wire.post(["done", 3, "success", new Date(0)], [], cloned)
    wire.post(["done", 4, "success", bytes], [bytes.buffer], cloned)
    await Promise.resolve()
    const posts = []
    for (let next = receiveMessageOnPort(port2); next !== undefined; next = receiveMessageOnPort(port2)) {
      posts.push(next)
    }
    assert.lengthOf(posts, 2)
    wire.close()
  })

  it("A wire over a port sends all but the one that can't be sent, and moves what the others carry.", async () => {
    const { port1, port2 } = new MessageChannel()
    const there = collector(3)
    const here = collector(1)
    overPort(port2, there.receiver)
    const wire = overPort(port1, here.receiver)
    const [bytes, gone] = [new Uint8Array([1, 2, 3]), new Uint8Array(3)]
    structuredClone(gone, { transfer: [gone.buffer] })
    wire.post(pull(0), [])
    wire.post(["chunk", 1, [gone]], [gone.buffer], cloned)
    wire.post(["chunk", 2, [{ deep: [bytes] }]], [bytes.buffer], cloned)
    wire.post(pull(3), [])
    await Promise.all([there.all, here.all])
    assert.deepStrictEqual(there.frames.map(([, slot]) => slot), [0, 2, 3])
    assert.deepStrictEqual(here.refused.map(([, slot]) => slot), [1])
    assert.strictEqual(bytes.length, 0)
    wire.close()
  })

  it("A wire over a port copies the bytes of a request, which may have to be posted again, and moves those of an answer.", async () => {
    const { port1, port2 } = new MessageChannel()
    const there = collector(4)
    overPort(port2, there.receiver)
    const wire = overPort(port1, collector(0).receiver)
    const [kept, few, own] = [new Uint8Array(100_000), new Uint8Array(10), new Uint8Array(100_000)]
    wire.post(["tell", 1, 0, "Put", kept], [], cloned)
    wire.post(["tell", 2, 0, "Put", kept], [], cloned)
    wire.post(["done", 3, "success", few], [], cloned)
    wire.post(["chunk", 4, [own, few]], [], makeLayout({ each: "cloned" }))
    await there.all
    assert.deepStrictEqual(there.frames.map((frame) => frame[0] === "tell" ? frame[4] : frame[0]), [
      new Uint8Array(100_000),
      new Uint8Array(100_000),
      "done",
      "chunk"
    ])
    assert.deepStrictEqual(there.frames[3]?.[2], [new Uint8Array(100_000), new Uint8Array(10)])
    assert.deepStrictEqual([kept.length, few.length, own.length], [100_000, 10, 0])
    wire.close()
  })

  it("A wire over a port copies what must move and can't: the memory of WebAssembly.", async () => {
    const { port1, port2 } = new MessageChannel()
    const there = collector(1)
    overPort(port2, there.receiver)
    const wire = overPort(port1, collector(0).receiver)
    const buffer = wasmMemory()
    const [memory, moved] = [new Uint8Array(buffer).fill(7), new Uint8Array(3)]
    wire.post(["done", 1, "success", [memory, moved]], [buffer, moved.buffer], cloned)
    await there.all
    assert.deepStrictEqual(there.frames[0]?.[3], [new Uint8Array(2 ** 16).fill(7), new Uint8Array(3)])
    assert.strictEqual(memory.length, 2 ** 16)
    wire.close()
  })

  it("A wire over a port moves many bytes that are to move, and does not copy them.", async () => {
    const { port1, port2 } = new MessageChannel()
    const there = collector(1)
    overPort(port2, there.receiver)
    const wire = overPort(port1, collector(0).receiver)
    const [moved, copied] = [new Uint8Array(100_000), new Uint8Array(100_000)]
    const value = { all: [moved, copied, moved] }
    const how = makeLayout({ fields: [["all", { each: "cloned" }]] })
    wire.post(["tell", 1, 0, "Put", value, [], null], [moved.buffer, moved.buffer], how)
    await there.all
    assert.deepStrictEqual(there.frames[0]?.[4], { all: [0, 0, 0].map(() => new Uint8Array(100_000)) })
    assert.deepStrictEqual([moved.length, copied.length], [0, 100_000])
    wire.close()
  })

  it("A wire over a port refuses what has been moved away already.", async () => {
    const { port1 } = new MessageChannel()
    const here = collector(1)
    const wire = overPort(port1, here.receiver)
    const { buffer } = new Uint8Array([1, 2, 3])
    wire.post(["chunk", 0, [buffer]], [buffer], cloned)
    wire.post(["chunk", 1, [buffer]], [buffer], cloned)
    await here.all
    assert.deepStrictEqual(here.refused.map(([, slot]) => slot), [1])
    wire.close()
  })

  it("A wire over a port takes in at once what has arrived, and nothing after it is closed.", async () => {
    const { port1, port2 } = new MessageChannel()
    const there = collector(2)
    const end = overPort(port2, there.receiver)
    const wire = overPort(port1, collector(0).receiver)
    wire.post(pull(0), [])
    wire.post(pull(1), [])
    await Promise.resolve()
    end.drain()
    assert.lengthOf(there.frames, 2)
    end.close()
    wire.post(pull(2), [])
    wire.close()
    await new Promise<void>((resolve) => setImmediate(resolve))
    assert.lengthOf(there.frames, 2)
  })
})

const ask = (slot: number): Frame => ["ask", slot, 0, "Put", 7]

/** Waits until what this tick has left for the check phase is done. */
const nextCheckPhase = async () => {
  await Promise.resolve()
  await new Promise<void>((resolve) => setImmediate(resolve))
}
const isPosted = (port: MessagePort): boolean => receiveMessageOnPort(port) !== undefined

/** A clock that stands still until the test moves it. */
const clock = { millis: 0 }

/** A wire of a module of its own, which no earlier test has blocked, with `count` asks that are not answered. */
const withAsks = async (count: number) => {
  vi.resetModules()
  const { overPort } = await import("../../src/wire/transport.ts")
  const { port1, port2 } = new MessageChannel()
  const wire = overPort(port1, collector(0).receiver)
  for (let slot = 0; slot < count; slot++) wire.post(ask(slot))
  wire.flush()
  assert.strictEqual(isPosted(port2), count > 0)
  await nextCheckPhase()
  return { wire, peer: port2 }
}

describe("a wire over a port that waits for answers", () => {
  beforeEach(() => {
    vi.spyOn(performance, "now").mockImplementation(() => clock.millis)
    return () => vi.restoreAllMocks()
  })

  it("A wire over a port that waits for answers posts at the end of the tick as long as it waits for few.", async () => {
    for (const count of [0, 1, 15]) {
      const { peer, wire } = await withAsks(count)
      wire.post(ask(count))
      await Promise.resolve()
      assert.isTrue(isPosted(peer), `with ${count} asks`)
      wire.close()
    }
  })

  it("A wire over a port that waits for answers posts once all ports have delivered when it waits for many, and all of it as one.", async () => {
    const { peer, wire } = await withAsks(16)
    for (const slot of [16, 17]) {
      wire.post(ask(slot))
      await Promise.resolve()
      assert.isFalse(isPosted(peer))
    }
    await nextCheckPhase()
    assert.isTrue(isPosted(peer))
    assert.isFalse(isPosted(peer))
    wire.close()
  })

  it("A wire over a port that waits for answers posts at the end of the tick again when it has the answers.", async () => {
    const { peer, wire } = await withAsks(40)
    const there = overPort(peer, collector(0).receiver)
    for (let slot = 0; slot < 30; slot++) there.post(["done", slot, "success", 7], [], plain)
    there.flush()
    peer.removeAllListeners()
    wire.drain()
    wire.post(ask(40))
    await Promise.resolve()
    assert.isTrue(isPosted(peer))
    wire.close()
  })

  it("A wire over a port that waits for answers does not wait for the answer to a message that it could not send.", async () => {
    const { peer, wire } = await withAsks(0)
    for (let slot = 0; slot < 40; slot++) {
      const { buffer } = structuredClone(new Uint8Array(3))
      structuredClone(buffer, { transfer: [buffer] })
      wire.post(["ask", slot, 0, "Put", buffer], [buffer], cloned)
    }
    wire.flush()
    while (isPosted(peer));
    await nextCheckPhase()
    wire.post(ask(40))
    await Promise.resolve()
    assert.isTrue(isPosted(peer))
    wire.close()
  })

  it("A wire over a port that waits for answers posts at the end of the tick for a while when a callback has blocked the thread before all ports had delivered.", async () => {
    const { peer, wire } = await withAsks(20)
    wire.post(ask(20))
    await Promise.resolve()
    clock.millis += 20
    assert.isFalse(isPosted(peer))
    await nextCheckPhase()
    assert.isTrue(isPosted(peer))
    wire.post(ask(21))
    await Promise.resolve()
    clock.millis += 20
    assert.isTrue(isPosted(peer))
    wire.close()
  })

  it("A wire over a port that waits for answers posts at once before a thread ends, however much it waits for.", async () => {
    const { peer, wire } = await withAsks(20)
    wire.post(ask(20))
    await Promise.resolve()
    wire.close()
    assert.isTrue(isPosted(peer))
  })
})

describe("a wire in memory", () => {
  it("A wire in memory delivers in order, later, and not after it is closed.", async () => {
    const there = collector(2)
    const wire = inMemory(() => there.receiver)
    wire.post(pull(0), [])
    wire.post(pull(1), [])
    assert.lengthOf(there.frames, 0)
    await there.all
    assert.deepStrictEqual(there.frames, [pull(0), pull(1)])
    wire.post(pull(2), [])
    wire.close()
    await Promise.resolve()
    assert.lengthOf(there.frames, 2)
  })
})

/** Memory of WebAssembly, which this compiler's library does not know. */
const wasmMemory = (): ArrayBuffer => {
  const { Memory } = Reflect.get(globalThis, "WebAssembly")
  return new Memory({ initial: 1 }).buffer
}

/** What became of a call, once it did. */
const outcome = async ({ fiber, state }: Call): Promise<string> => {
  await Effect.runPromise(Fiber.await(fiber))
  return state()
}

/** Two threads over real ports; the one that hosts the actors answers with what the test says. */
const overPorts = (answer: (n: unknown) => unknown, options: Parameters<typeof make>[0] = {}) => {
  const world = make(options)
  const thread = world.start(new MessageChannel())
  thread.ready((delivery) => {
    delivery.end({ _tag: "Success", value: answer(numbers([delivery])[0]) })
    thread.mailbox.release()
  })
  return { world, thread }
}

describe("what can't be cloned", () => {
  it("What can't be cloned in a payload is its sender's error; nobody else notices, and its place is free.", async () => {
    const { thread, world } = overPorts(() => 1)
    const calls = [
      call(world.sink.Put({ n: 0 })),
      call(world.sink.Whatever({ value: () => {} })),
      call(world.sink.Put({ n: 2 }))
    ]
    assert.deepStrictEqual(await Promise.all(calls.map(outcome)), ["value:1", "NotSendable/no", "value:1"])
    assert.strictEqual(thread.block.depth(0), 0)
    thread.close()
  })

  it("What can't be cloned in a tell's payload is its sender's error, as in an ask's.", async () => {
    const { thread, world } = overPorts(() => 1)
    assert.strictEqual(
      await outcome(call(world.sink.Whatever({ value: () => {} }, { discard: true }))),
      "NotSendable/no"
    )
    assert.strictEqual(await outcome(call(world.sink.Put({ n: 0 }))), "value:1")
    assert.isEmpty(world.deadLetters)
    thread.close()
  })

  it("What can't be cloned because it was moved in the same turn is a dead letter when it was told.", async () => {
    const { thread, world } = overPorts(() => 1)
    const bytes = new Uint8Array([1, 2, 3])
    call(world.sink.Move({ bytes }, { discard: true }))
    call(world.sink.Move({ bytes }, { discard: true }))
    assert.strictEqual(await outcome(call(world.sink.Put({ n: 0 }))), "value:1")
    assert.deepStrictEqual(world.deadLetters.map(({ reason, request }) => [request, reason._tag]), [
      ["Move", "NotSendable"]
    ])
    thread.close()
  })

  it("What can't be cloned leaves its place to those that wait for it.", async () => {
    const { thread, world } = overPorts(() => 1, { capacity: 1 })
    const calls = [
      call(world.sink.Whatever({ value: () => {} })),
      call(world.sink.Put({ n: 1 })),
      call(world.sink.Put({ n: 2 }))
    ]
    assert.deepStrictEqual(await Promise.all(calls.map(outcome)), ["NotSendable/no", "value:1", "value:1"])
    thread.close()
  })

  it("What can't be cloned in a reply is the asker's error, and the actor goes on.", async () => {
    const { thread, world } = overPorts((n) => n === 1 ? 1 : { f: () => {} })
    const calls = [call(world.sink.Whatever({ value: 0 })), call(world.sink.Put({ n: 1 }))]
    assert.deepStrictEqual(await Promise.all(calls.map(outcome)), ["NotSendable/maybe", "value:1"])
    thread.close()
  })

  it("What can't be cloned in a stream fails its reader once, and no other's answer is taken for it.", async () => {
    const world = make({ concurrency: 3 })
    const thread = world.start(new MessageChannel())
    const asked: Array<Call> = []
    thread.ready((delivery) => {
      if (delivery.message.tag === "Anything") {
        delivery.onCancel = () => delivery.end({ _tag: "Failed", reason: new Stopping({ handled: "no" }) })
        delivery.emit([])
        delivery.emit([1])
        delivery.emit([() => {}])
        delivery.emit([2])
      } else if (numbers([delivery])[0] === 5) delivery.end({ _tag: "Success", value: 5 })
    })
    const read: Array<unknown> = []
    // Sends again as soon as it fails: into the slot that is free then.
    const stream = call(
      Stream.runForEach(world.sink.Anything(), (value) => Effect.sync(() => read.push(value))).pipe(
        Effect.onError(() =>
          Effect.sync(() => asked.push(call(world.sink.Put({ n: 4 })), call(world.sink.Put({ n: 5 }))))
        )
      )
    )
    assert.strictEqual(await outcome(stream), "NotSendable/maybe")
    assert.deepStrictEqual(read, [1])
    const [never, answered] = asked
    assert.strictEqual(answered && await outcome(answered), "value:5")
    assert.strictEqual(never?.state(), "pending")
    thread.close()
  })

  it("What can't be cloned in a stream that ends right after it still fails its reader.", async () => {
    const world = make({ concurrency: 2 })
    const thread = world.start(new MessageChannel())
    thread.ready((delivery) => {
      delivery.emit([])
      delivery.emit([1])
      delivery.emit([() => {}])
      delivery.emit([2])
      delivery.end({ _tag: "Success", value: undefined })
    })
    const read: Array<unknown> = []
    const stream = call(Stream.runForEach(world.sink.Anything(), (value) => Effect.sync(() => read.push(value))))
    assert.strictEqual(await outcome(stream), "NotSendable/maybe")
    assert.deepStrictEqual(read, [1])
    thread.close()
  })
})
