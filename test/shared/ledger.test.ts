import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { allocate, capacity, makeReceiver, makeSender } from "../../src/shared/ledger.ts"

const make = () => {
  const memory = allocate()
  return { sender: makeSender(memory), receiver: makeReceiver(memory) }
}

describe("the fate of a message", () => {
  it("The fate of a message is never-started, started, finished.", () => {
    const { receiver, sender } = make()
    const slot = sender.claim(0)
    assert.strictEqual(sender.fate(slot), "never-started")
    assert.isTrue(receiver.start(slot))
    assert.strictEqual(sender.fate(slot), "started")
    receiver.finish(slot)
    assert.strictEqual(sender.fate(slot), "finished")
  })

  it("The fate of a message is never-started when the sender took it back first, and finished once the receiver knows.", () => {
    const { receiver, sender } = make()
    const slot = sender.claim(0)
    assert.isTrue(sender.withdraw(slot))
    assert.strictEqual(sender.fate(slot), "never-started")
    assert.isFalse(receiver.start(slot))
    assert.strictEqual(sender.fate(slot), "finished")
  })

  it("The fate of a message can't be taken back after the start, the end, or twice.", () => {
    const { receiver, sender } = make()
    const slot = sender.claim(0)
    receiver.start(slot)
    assert.isFalse(sender.withdraw(slot))
    receiver.finish(slot)
    assert.isFalse(sender.withdraw(slot))
    const other = sender.claim(0)
    assert.deepStrictEqual([sender.withdraw(other), sender.withdraw(other)], [true, false])
  })
})

describe("slots", () => {
  it("Slots are as many as the capacity, each given once, and then none until one is released.", () => {
    const { sender } = make()
    const slots = Array.from({ length: capacity }, () => sender.claim(0))
    assert.strictEqual(new Set(slots).size, capacity)
    assert.isTrue(slots.every((slot) => slot >= 0 && slot < capacity))
    assert.isTrue(sender.isFull())
    sender.release(5)
    assert.strictEqual(sender.claim(0), 5)
    assert.isTrue(sender.isFull())
  })

  it("Slots are used again only when they were released.", () => {
    fc.assert(fc.property(fc.array(fc.nat(9)), (moves) => {
      const { receiver, sender } = make()
      const held = new Set<number>()
      for (const move of moves) {
        const [slot] = Array.from(held).slice(move % 3)
        if (move > 4 && slot !== undefined) {
          if (move > 6) {
            receiver.start(slot)
            receiver.finish(slot)
          } else sender.withdraw(slot)
          held.delete(slot)
          sender.release(slot)
        } else {
          const claimed = sender.claim(0)
          assert.isFalse(held.has(claimed))
          assert.strictEqual(sender.fate(claimed), "never-started")
          held.add(claimed)
        }
      }
    }))
  })
})

describe("start and withdrawal", () => {
  it("Start and withdrawal have exactly one winner, also between two threads.", async () => {
    const memory = allocate()
    const stop = new SharedArrayBuffer(4)
    const sender = makeSender(memory)
    const worker = new Worker(new URL("ledgerWorker.ts", import.meta.url), { workerData: { memory, stop } })
    await once(worker, "message")
    let claimed = 0
    let takenBack = 0
    let tooLate = 0
    // Until each side has won often: who is quicker depends on the machine, and on what else it does.
    for (let patience = 0; claimed < 5000 || takenBack < 50 || tooLate < 50; claimed++) {
      const slot = sender.claim(0)
      for (let spin = 0; spin < patience; spin++) sender.fate(slot)
      if (sender.withdraw(slot)) {
        takenBack++
        patience++
      } else {
        tooLate++
        patience = Math.floor(patience / 2)
      }
      const deadline = performance.now() + 10_000
      while (sender.fate(slot) !== "finished") {
        if (performance.now() > deadline) throw new Error(`the receiver does not finish slot ${slot}`)
      }
      sender.release(slot)
    }
    Atomics.store(new Int32Array(stop), 0, 1)
    const [{ refused, started }] = await once(worker, "message")
    await worker.terminate()
    assert.strictEqual(takenBack + tooLate, claimed)
    assert.strictEqual(started, tooLate)
    assert.strictEqual(refused, takenBack)
  })
})
