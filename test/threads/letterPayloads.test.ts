/** Who sent a dead letter, and what it said. */
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { System, type SystemEvent } from "heddle"
import * as Testing from "heddle/Testing"
import { Stopping } from "../../src/ActorError.ts"
import * as deadLetters from "../../src/control/deadLetters.ts"
import { Clerk, Note, Shelf } from "../fixtures/letters/Clerk.ts"
import config from "../fixtures/letters/config.ts"
import { quietly, watch } from "./watching.ts"

const now = { startImmediately: true } as const
const at = new Date(0)
const noteOf = (text: string) => new Note({ text, at, from: Option.some("Ada") })

/** Dead letters from now on. */
const read = Effect.gen(function*() {
  const system = yield* System.System
  const queue = yield* Queue.unbounded<SystemEvent.DeadLetterWithPayload>()
  yield* Effect.forkScoped(Stream.runForEach(system.deadLetters, (letter) => Queue.offer(queue, letter)), now)
  return Queue.take(queue)
})

/** The note that a letter said, as the class that it was sent as. */
const noteIn = ({ payload }: SystemEvent.DeadLetterWithPayload): Note => {
  const said = Option.getOrUndefined(payload)
  if (typeof said === "object" && said !== null && "note" in said && said.note instanceof Note) return said.note
  throw new Error(`there is no note in ${String(said)}`)
}

const simulated = Layer.provide(Testing.layer(config), Logger.layer([]))

for (const [name, system] of [["threads", quietly(System.layer(config))], ["simulated threads", simulated]] as const) {
  layer(system, { excludeTestServices: true, timeout: "1 minute" })(`dead letters on ${name}`, (it) => {
    it.effect("D11: What a full mailbox drops is reported with its payload, and the program as its sender.", () =>
      Effect.gen(function*() {
        const shelf = yield* Shelf
        const next = yield* read
        const holding = yield* Effect.forkChild(Effect.exit(shelf.Hold(undefined, { timeout: "1 minute" })), now)
        for (const text of ["one", "two", "three", "four"]) {
          yield* shelf.Put({ note: noteOf(text), way: "keep" }, { discard: true })
        }
        for (const text of ["one", "two"]) {
          const letter = yield* next
          assert.deepInclude(letter, { actor: "Shelf", request: "Put", cause: "MailboxFull", count: 1 })
          assert.deepInclude(letter, { sender: "main", senderThread: "main" })
          assert.deepStrictEqual(letter.payload, Option.some({ note: noteOf(text), way: "keep" }))
        }
        holding.interruptUnsafe()
      }))

    for (const sent of ["by its handler", "in the background"] as const) {
      it.effect(`D11: What an actor sent (${sent}) and its receiver died of is reported with payload and actor.`, () =>
        Effect.gen(function*() {
          const clerk = yield* Clerk
          const next = yield* read
          yield* clerk.Send({ note: noteOf(sent), way: "die", sent })
          const letter = yield* next
          assert.deepInclude(letter, { actor: "Shelf", cause: "Crashed", sender: "Clerk", senderThread: "office" })
          assert.deepStrictEqual(noteIn(letter), noteOf(sent))
        }))
    }

    it.effect("D11: An actor on another thread reads the payload as well, as what it was.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const next = yield* read
        yield* clerk.Read()
        // Nobody learns when it has begun to read, so notes are sent until it has got one.
        const send = Effect.andThen(clerk.Send({ note: noteOf("far"), way: "die", sent: "by its handler" }), next)
        const letter = yield* Effect.raceFirst(clerk.Letter(undefined, { timeout: "20 seconds" }), Effect.forever(send))
        assert.deepStrictEqual(letter, { sender: "Clerk", note: noteOf("far") })
      }))
  })
}

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("dead letters", (it) => {
  it.effect("D11: When the receiver's thread has ended, the sender's thread still knows the payload.", () =>
    Effect.gen(function*() {
      const clerk = yield* Clerk
      const next = yield* read
      yield* clerk.Send({ note: noteOf("last"), way: "exit", sent: "by its handler" })
      const letter = yield* next
      assert.deepInclude(letter, { actor: "Shelf", cause: "Crashed", sender: "Clerk", senderThread: "office" })
      assert.deepStrictEqual(noteIn(letter), noteOf("last"))
    }))

  it.effect("D11: Bytes that have moved to a thread that died are not known any more.", () =>
    Effect.gen(function*() {
      const clerk = yield* Clerk
      const next = yield* read
      yield* clerk.SendBytes({ size: 100_000 })
      const letter = yield* next
      assert.deepInclude(letter, { request: "PutBytes", sender: "Clerk" })
      assert.deepStrictEqual(letter.payload, Option.none())
    }))

  it.effect("D11: Events say who sent it, and never what it said.", () =>
    Effect.gen(function*() {
      const clerk = yield* Clerk
      const events = yield* watch
      const next = yield* read
      yield* clerk.Send({ note: noteOf("secret"), way: "die", sent: "by its handler" })
      yield* next
      const event = yield* events.next("DeadLetter")
      assert.deepInclude(event, { sender: "Clerk", senderThread: "office" })
      assert.notInclude(JSON.stringify(event), "secret")
    }))

  it.effect("D11: A reader ends with the system.", () =>
    Effect.gen(function*() {
      const system = yield* System.System
      const reading = yield* Effect.forkChild(Stream.runDrain(system.deadLetters), now)
      yield* system.shutdown("the test ends it")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(reading)))
      yield* Stream.runDrain(system.deadLetters)
    }))
})

describe("a dead letter", () => {
  const lost = {
    actor: "Shelf",
    request: "Hold",
    reason: new Stopping(),
    sender: "Clerk",
    senderThread: "office",
    payload: { text: "secret" }
  }
  it("A dead letter carries its payload only while somebody reads payloads.", () => {
    assert.deepStrictEqual(deadLetters.withPayload(1, lost, false), { letter: deadLetters.deadLetter(1, lost) })
    assert.deepStrictEqual(deadLetters.withPayload(1, lost, true).payload, { value: { text: "secret" } })
  })

  it("A dead letter carries a copy, and nothing that can't be copied.", () => {
    assert.notStrictEqual(deadLetters.withPayload(1, lost, true).payload?.value, lost.payload)
    assert.isUndefined(deadLetters.withPayload(1, { ...lost, payload: () => {} }, true).payload)
  })

  it("A dead letter of a protocol that the reader does not know has no payload.", () => {
    const letter = deadLetters.withPayload(1, lost, true)
    assert.deepStrictEqual(deadLetters.reader([])(letter).payload, Option.none())
    assert.deepStrictEqual(
      deadLetters.reader([{ thread: "store", actors: [{ actorName: "Shelf" }] }])(letter).payload,
      Option.none()
    )
  })
})
