import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Availability } from "../../src/link/availability.ts"
import { InFlight, nextTurn } from "../../src/link/inFlight.ts"
import { Member } from "../../src/link/member.ts"
import { Outgoing } from "../../src/link/outgoing.ts"
import { Overdue, overdueMillis, type Waiting } from "../../src/link/overdue.ts"
import { Route } from "../../src/link/route.ts"
import { Settling } from "../../src/link/settling.ts"
import type { Waiter } from "../../src/loop/timeouts.ts"
import * as ledger from "../../src/shared/ledger.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import type { Frame } from "../../src/wire/frame.ts"
import { CodecIssue, copyBorrowed, noValue, translatorOf } from "../../src/wire/translator.ts"

class Message extends Outgoing {
  constructor(kind: "ask" | "tell", key?: string, payload = noValue) {
    super(kind, 0, "Put", payload, [], null, undefined, key)
  }
  onSettled(): void {}
  onAccepted(): void {}
  onDeadlock(): () => void {
    return () => {}
  }
  onChunk(): void {}
}

const many = (count: number, kind: "ask" | "tell" = "ask") => Array.from({ length: count }, () => new Message(kind))
const slots = ({ length }: ReadonlyArray<unknown>) => Array.from({ length }, (_, slot) => slot)

/** An instance whose messages start when the test says so. */
const make = (onShut = (_receiver: ledger.ReceiverLedger): void => {}) => {
  const frames: Array<Frame> = []
  const memory = ledger.allocate()
  const receiver = ledger.makeReceiver(memory)
  const blockMemory = statusBlock.allocate(1)
  const block = statusBlock.make(blockMemory)
  block.setPlaces(0, 65)
  block.setState(0, "running")
  const counted = new Int32Array(1)
  const wire = {
    local: false,
    post: (frame: Frame) => void frames.push(frame),
    drain: () => {},
    flush: () => {},
    close: () => {}
  }
  class Watched extends statusBlock.StatusBlock {
    override shut(actor: number): number {
      onShut(receiver)
      return super.shut(actor)
    }
  }
  const inFlight = new InFlight(wire, ledger.makeSender(memory), new Watched(blockMemory))
  const thread = new Availability()
  thread.open(inFlight)
  thread.isInstance = true
  const member = new Member(thread, [new Route(thread, 0, undefined)], new Settling(() => {}, counted))
  return { block, counted, frames, inFlight, member, receiver }
}

describe("F25: Messages that wait at an instance", () => {
  it("Messages are taken back if one of them was posted long enough ago, and the instance gets no more.", () => {
    const { block, frames, member, receiver } = make()
    const old = many(3)
    for (const message of old) assert.isTrue(member.trySend(message))
    const since = nextTurn()
    const young = many(1)
    for (const message of young) member.trySend(message)
    assert.isTrue(receiver.start(0))
    const [running, ...waiting] = [...old, ...young]
    assert.deepStrictEqual(member.recall(0, since), { some: false, back: waiting })
    assert.deepStrictEqual(waiting.map(({ slot }) => slot), [-1, -1, -1])
    assert.strictEqual(running?.slot, 0)
    assert.deepStrictEqual(frames.slice(4), [["cancel", 1], ["cancel", 2], ["cancel", 3]])
    assert.isTrue(block.isShut(0))
    assert.strictEqual(member.load(0), Infinity)
    assert.isFalse(member.trySend(new Message("ask")))
    assert.isFalse(receiver.start(1), "it never starts there")
  })

  it("Messages that were posted a moment ago stay, and so do those of a key and those whose bytes have moved.", () => {
    const { block, inFlight, member } = make()
    const [young] = many(1)
    const since = nextTurn()
    assert(young !== undefined)
    member.trySend(young)
    assert.deepStrictEqual(member.recall(0, since), { some: true, back: [] })
    inFlight.leave(young)
    const moved = new Message("ask", undefined, { ...noValue, transfer: [new ArrayBuffer(8)] })
    for (const message of [new Message("ask", "lobby"), moved]) inFlight.post(message, Infinity)
    assert.deepStrictEqual(member.recall(0, nextTurn()), { some: false, back: [] })
    assert.isFalse(block.isShut(0))
  })

  it("An instance that starts all messages just before they are taken back is not shut: nothing would open it.", () => {
    const { block, member } = make((receiver) => {
      for (const slot of [0, 1]) receiver.start(slot)
    })
    for (const message of many(2)) member.trySend(message)
    assert.deepStrictEqual(member.recall(0, nextTurn()), { some: false, back: [] })
    assert.isFalse(block.isShut(0))
    assert.strictEqual(block.places(0), 65)
  })

  it("What the instance announces meanwhile holds, and it is told that it was shut.", () => {
    const { block } = make()
    const before = block.shut(0)
    assert.strictEqual(before, 65)
    assert.isTrue(block.setPlaces(0, 1))
    block.unshut(0, before)
    assert.strictEqual(block.places(0), 1)
    assert.isFalse(block.setPlaces(0, 2))
  })

  it("A told message that was taken back counts as waiting on its thread.", () => {
    const { counted, member } = make()
    for (const message of many(5, "tell")) member.trySend(message)
    member.recall(0, nextTurn())
    assert.strictEqual(counted[0], 5)
  })

  for (const kind of ["ask", "tell"] as const) {
    it(`The slot of a message (${kind}) that was taken back is free once the receiver is done with it, and not before.`, () => {
      const { block, inFlight, member, receiver } = make()
      for (let round = 0; round < 300; round++) {
        const messages = many(65, kind)
        for (const message of messages) assert.isTrue(member.trySend(message), `round ${round}`)
        const taken = messages.map(({ slot }) => slot)
        member.recall(0, nextTurn())
        for (const slot of taken) {
          assert.isUndefined(inFlight.at(slot))
          assert.isFalse(receiver.start(slot))
          block.leave(0)
          if (kind === "ask") assert.strictEqual(inFlight.leaveRecalled(slot), 0)
        }
        assert.isUndefined(inFlight.leaveRecalled(8191))
        block.setPlaces(0, 65)
      }
    })
  }

  it("A message that has waited is posted with the copy of its bytes, and with the same copy when it is posted again.", () => {
    const { frames, member } = make()
    const bytes = new Uint8Array(9000)
    const format = translatorOf(Schema.Uint8Array).encode(bytes, true)
    if (format instanceof CodecIssue) throw new Error(format.text)
    const message = new Message("ask", undefined, format)
    const own = message.payload = copyBorrowed(format)
    member.trySend(message)
    assert.lengthOf(member.recall(0, nextTurn()).back, 1)
    const again = make()
    again.member.trySend(message)
    const payloads = [...frames, ...again.frames].flatMap((frame) => frame[0] === "ask" ? [frame[4]] : [])
    assert.notStrictEqual(own.value, bytes)
    assert.deepStrictEqual(payloads.map((value) => value === own.value), [true, true])
  })

  it("The copies that told messages have kept are given back once they are done, and not before.", () => {
    const { block, inFlight, member, receiver } = make()
    block.setPlaces(0, 1000)
    const told = Array.from({ length: 130 }, () => {
      const payload = translatorOf(Schema.Uint8Array).encode(new Uint8Array(9000).fill(1))
      if (payload instanceof CodecIssue) throw new Error(payload.text)
      return new Message("tell", undefined, payload)
    })
    const [first, second, ...others] = told
    for (const message of told) assert.isTrue(member.trySend(message))
    assert(first !== undefined && second !== undefined)
    // A look at the oldest tells ends at the first that is not finished.
    for (const message of [first, ...others]) if (receiver.start(message.slot)) receiver.finish(message.slot)
    for (const message of many(128, "tell")) assert.isTrue(member.trySend(message))
    const isGone = (message: Outgoing): boolean => message.payload.copies.every(({ detached }) => detached)
    assert.deepStrictEqual(told.map(isGone), [true, ...told.slice(1).map(() => false)])
    assert.lengthOf(member.recall(0, nextTurn()).back, 129)
    assert.isFalse(isGone(second))
    assert.deepStrictEqual(second.payload.value, new Uint8Array(9000).fill(1))
    assert.deepStrictEqual(inFlight.takeBack().map(({ message }) => message), [])
    assert.isFalse(others.some(isGone))
  })

  it("A message that was taken back from a dead thread comes back once only.", () => {
    const { inFlight, member } = make()
    const messages = many(3)
    for (const message of messages) member.trySend(message)
    assert.lengthOf(member.recall(0, nextTurn()).back, 3)
    assert.deepStrictEqual(inFlight.takeBack(), [])
  })

  it("To an actor that is being built a message goes only if no other instance has a place.", () => {
    const { block, member } = make()
    assert.strictEqual(member.load(0), 0)
    block.setState(0, "restarting")
    assert.isAbove(member.load(0), 65)
    assert.isBelow(member.load(0), Infinity)
  })
})

describe("The watch over messages that wait at instances", () => {
  const watched = () => {
    const due: Array<readonly [millis: number, waiter: Waiter]> = []
    const back: Array<ReadonlyArray<Outgoing>> = []
    const found: Array<Waiting> = [{ some: false, back: [] }, { some: false, back: [] }]
    const since: Array<number> = []
    const overdue = new Overdue(
      0,
      slots(found).map((index) => ({
        recall: (_actor, before) => {
          if (index === 0) since.push(before)
          return found[index] ?? { some: false, back: [] }
        }
      })),
      (millis, waiter) => {
        const entry = [millis, waiter] as const
        due.push(entry)
        return { giveUp: () => void due.splice(due.indexOf(entry), 1) }
      },
      (messages) => void back.push(messages)
    )
    return { back, due, found, overdue, since, fire: () => due.shift()?.[1].onDue() }
  }

  it("The watch costs one timer for any number of messages, and none while nothing waits.", () => {
    const { due, fire, overdue } = watched()
    for (let n = 0; n < 100; n++) overdue.watch()
    assert.deepStrictEqual(due.map(([millis]) => millis), [overdueMillis])
    fire()
    assert.lengthOf(due, 0)
  })

  it("The watch goes on while a message waits, and looks for those that were posted before it began to wait.", () => {
    const { due, fire, found, overdue, since } = watched()
    overdue.watch()
    const first = nextTurn()
    make().member.trySend(new Message("ask"))
    found[1] = { some: true, back: [] }
    fire()
    assert.lengthOf(due, 1)
    found[1] = { some: false, back: [] }
    fire()
    assert.deepStrictEqual(since, [first, first + 1])
    assert.lengthOf(due, 0)
  })

  it("The watch returns what comes back from several instances in the order in which it was posted.", () => {
    const { back, fire, found, overdue } = watched()
    const [first, second, third] = [make(), make(), make()].map(({ member }) => {
      const message = new Message("ask")
      member.trySend(message)
      return message
    })
    assert(first !== undefined && second !== undefined && third !== undefined)
    overdue.watch()
    found[0] = { some: false, back: [third] }
    found[1] = { some: false, back: [first, second] }
    fire()
    assert.deepStrictEqual(back, [[first, second, third]])
  })

  it("The watch ends with its thread.", () => {
    const { due, overdue } = watched()
    overdue.watch()
    overdue.stop()
    assert.lengthOf(due, 0)
  })
})
