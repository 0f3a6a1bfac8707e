import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as endpoint from "../../src/host/endpoint.ts"
import type { DeadLetter } from "../../src/link/deadLetter.ts"
import * as ledger from "../../src/shared/ledger.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import type { Frame } from "../../src/wire/frame.ts"
import type { Receiver } from "../../src/wire/transport.ts"
import { plain } from "../host/plainMailbox.ts"
import { call, crash, Drain, make, numbers, Sink } from "./world.ts"

describe("calls within a thread", () => {
  it("Calls within a thread go through the same mailbox, in order, and share nothing with their sender.", async () => {
    const links = endpoint.make({
      places: [{ thread: "one", actors: [Sink, Drain] }],
      self: "one",
      block: statusBlock.allocate(2),
      after: () => ({ giveUp: () => {} }),
      onDeadLetter: () => {}
    })
    const sink = Context.get(Context.makeUnsafe<Sink>(links.clients), Sink)
    const value = { at: new Date(1) }
    // Sent before the actor is built: it waits.
    const early = call(sink.Put({ n: 0 }))
    const calls = [1, 2].map((n) => call(sink.Put({ n })))
    const same = call(sink.Whatever({ value }))
    const started: Array<unknown> = []
    const mailbox = plain(links.hosts[0]?.mailbox)
    mailbox.resume((delivery) => {
      started.push(...numbers([delivery]))
      delivery.end({ _tag: "Success", value: delivery.message.tag === "Whatever" ? delivery.payload : started.length })
      mailbox.release()
    })
    links.selfReady()
    const exit = await Effect.runPromise(Fiber.join(same.fiber))
    const answer = Reflect.get(Object(exit), "value")
    assert.deepStrictEqual(answer, value)
    assert.notStrictEqual(answer.at, value.at)
    assert.deepStrictEqual([early, ...calls].map(({ state }) => state()), ["value:1", "value:2", "value:3"])
    assert.deepStrictEqual(started.slice(0, 3), [0, 1, 2])
    links.close()
  })
})

/** A thread that hosts the actors, and a peer that sends it whatever frames the test says. */
const stranger = () => {
  const posted: Array<Frame> = []
  const letters: Array<DeadLetter> = []
  const memory = statusBlock.allocate(1)
  const links = endpoint.make({
    places: [{ thread: "strangers", actors: [] }, { thread: "actors", actors: [Drain] }],
    self: "actors",
    block: memory,
    after: () => ({ giveUp: () => {} }),
    onDeadLetter: (letter) => void letters.push(letter)
  })
  let receiver: Receiver | undefined
  const forth = ledger.allocate()
  const sends = ledger.makeSender(forth)
  links.connect({
    peer: "strangers",
    incarnation: 1,
    connect: (own) => {
      receiver = own
      return {
        local: false,
        post: (frame) => void posted.push(frame),
        drain: () => {},
        flush: () => {},
        close: () => {}
      }
    },
    sends: ledger.allocate(),
    receives: forth,
    block: statusBlock.allocate(0)
  })
  return {
    links,
    letters,
    posted,
    send(kind: "ask" | "tell" | "open", tag: string, payload: unknown): number {
      const slot = sends.claim(0)
      links.block.addDepth(0, 1)
      receiver?.receive([kind, slot, 0, tag, payload, [], null])
      return slot
    },
    cancel: (slot: number) => receiver?.receive(["cancel", slot]),
    fate: (slot: number) => sends.fate(slot)
  }
}

const reasonOf = (frame: Frame | undefined): string => frame?.[0] === "done" ? JSON.stringify(frame[3]) : "no answer"

describe("a request of another version of the protocol", () => {
  for (
    const [what, kind, tag, payload, says] of [
      ["an unknown message", "ask", "Pour", {}, "no such message. Its messages are Put."],
      ["a stream where there is none", "open", "Put", { n: 1 }, "no such message"],
      ["a payload that does not decode", "ask", "Put", { n: "one" }, "does not decode where the actor runs"]
    ] as const
  ) {
    it(`A request of another version of the protocol (${what}) is answered, and costs the actor nothing.`, () => {
      const thread = stranger()
      const slot = thread.send(kind, tag, payload)
      assert.include(reasonOf(thread.posted[0]), says)
      assert.include(reasonOf(thread.posted[0]), "restart the one that is older")
      assert.include(reasonOf(thread.posted[0]), `"handled":"no"`)
      assert.strictEqual(thread.fate(slot), "finished")
      assert.strictEqual(thread.links.block.depth(0), 0)
      assert.strictEqual(thread.links.hosts[0]?.mailbox.size(), 0)
    })
  }

  it("A request of another version of the protocol is a dead letter when it is a tell.", () => {
    const thread = stranger()
    thread.send("tell", "Pour", {})
    assert.lengthOf(thread.posted, 0)
    assert.deepStrictEqual(thread.letters.map(({ actor, reason, request }) => [actor, request, reason._tag]), [
      ["Drain", "Pour", "NotSendable"]
    ])
  })
})

describe("when the sender dies", () => {
  it("When the sender dies, its asks are dropped or interrupted, its tells are still handled.", () => {
    const thread = stranger()
    const mailbox = plain(thread.links.hosts[0]?.mailbox)
    const handled: Array<unknown> = []
    let cancelled = 0
    thread.send("ask", "Put", { n: 0 })
    mailbox.resume((delivery) => {
      handled.push(...numbers([delivery]))
      if (delivery.request[0] === "tell") {
        delivery.end({ _tag: "Success", value: undefined })
        mailbox.release()
      } else {
        delivery.onCancel = () => {
          cancelled++
          delivery.end({ _tag: "Success", value: undefined })
          mailbox.release()
        }
      }
    })
    thread.send("ask", "Put", { n: 1 })
    thread.send("tell", "Put", { n: 2 })
    thread.links.lost("strangers", 1, crash)
    assert.strictEqual(cancelled, 1)
    assert.deepStrictEqual(handled, [0, 2])
    assert.strictEqual(thread.links.block.depth(0), 0)
  })
})

describe("a cancellation", () => {
  it("A cancellation of what is not there (any more) changes nothing.", () => {
    const thread = stranger()
    const mailbox = plain(thread.links.hosts[0]?.mailbox)
    mailbox.resume((delivery) => {
      delivery.end({ _tag: "Success", value: undefined })
      mailbox.release()
    })
    const slot = thread.send("ask", "Put", { n: 0 })
    thread.cancel(slot)
    thread.cancel(4000)
    assert.lengthOf(thread.posted, 1)
    assert.strictEqual(thread.links.block.depth(0), 0)
  })
})

describe("a endpoint", () => {
  it("An endpoint knows nothing of threads that are not declared.", () => {
    const { sender } = make()
    assert.doesNotThrow(() => {
      sender.ready("nobody", 1, [])
      sender.lost("nobody", 1, crash)
      sender.stopping("nobody", true)
      sender.gone("nobody", "why")
      sender.expected("nobody")
    })
  })
})
