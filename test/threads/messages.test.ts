import { afterAll, assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { Clerk, Dropping, Failing, Gate, Mate, Neighbour, Suspending, Witness } from "../fixtures/messages/Clerk.ts"
import config from "../fixtures/messages/config.ts"
import { journal, quietly, reason, thread, watch } from "./watching.ts"

const paper = journal()
afterAll(paper.remove)

const now = { startImmediately: true }
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

/** Completes when what was sent to the same thread before has arrived there. */
const shutArrived = Effect.flatMap(Witness, (witness) => witness.Diary())

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "messages between threads",
  (it) => {
    it.effect("D4: When the caller is interrupted, the handler is as well, and what was queued never runs.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const witness = yield* Witness
        const first = yield* Effect.forkChild(clerk.Linger({ label: "first" }), now)
        const second = yield* Effect.forkChild(clerk.Linger({ label: "second" }), now)
        yield* witness.Wrote({ line: "first lingers" })
        yield* Fiber.interrupt(second)
        yield* Fiber.interrupt(first)
        yield* witness.Wrote({ line: "first was interrupted" })
        assert.deepStrictEqual(yield* clerk.Records(), [])
        assert.deepStrictEqual(yield* witness.Diary(), ["first lingers", "first was interrupted"])
        assert.strictEqual((yield* thread("office")).actors[0]?.mailboxDepth, 0)
      }))

    it.effect("D4: When the caller's thread dies, the handler that it asked is interrupted.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const clerk = yield* Clerk
        const witness = yield* Witness
        const asking = yield* Effect.forkChild(reason(clerk.AskToLinger()), now)
        yield* witness.Wrote({ line: "the witness lingers" })
        yield* system.inject("office", "exit")
        yield* witness.Wrote({ line: "the witness was interrupted" })
        assert.strictEqual((yield* Fiber.join(asking))._tag, "Crashed")
        assert.deepStrictEqual(yield* witness.Diary(), ["the witness lingers", "the witness was interrupted"])
        yield* clerk.Records()
      }))

    it.effect("D4: On time-out the handler is interrupted, what was queued is withdrawn, and each is told which.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const witness = yield* Witness
        const running = yield* Effect.forkChild(
          reason(clerk.Linger({ label: "third" }, { timeout: "100 millis" })),
          now
        )
        const queued = yield* reason(clerk.Linger({ label: "fourth" }, { timeout: "50 millis" }))
        assert(queued._tag === "TimedOut")
        assert.strictEqual(queued.handled, "no")
        assert.strictEqual(queued.afterMillis, 50)
        const timedOut = yield* Fiber.join(running)
        assert(timedOut._tag === "TimedOut")
        assert.strictEqual(timedOut.handled, "maybe")
        yield* witness.Wrote({ line: "third was interrupted" })
        assert.deepStrictEqual(yield* clerk.Records(), [])
        assert.deepStrictEqual(yield* witness.Diary(), ["third lingers", "third was interrupted"])
      }))

    it.effect("D4: An ask times out after 5 seconds by default.", () =>
      Effect.gen(function*() {
        const neighbour = yield* Neighbour
        const before = performance.now()
        const timedOut = yield* reason(neighbour.Linger({ label: "for long" }))
        assert(timedOut._tag === "TimedOut")
        assert.strictEqual(timedOut.afterMillis, 5000)
        assert.isAtLeast(performance.now() - before, 4990)
      }))

    it.effect("D7: A self-ask ends in a time-out that names it.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const said = yield* clerk.AskSelf({ millis: 50 })
        assert.include(said, "The actors wait for each other (Clerk -> Clerk)")
      }))

    it.effect("D7: A cycle over two threads ends in a time-out that names it.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const said = yield* clerk.AskAround({ millis: 50 })
        assert.include(said, "The actors wait for each other (Clerk -> Mate -> Clerk)")
        // It was the cycle: from outside, the same is answered.
        assert.strictEqual(yield* (yield* Mate).AskBack({ millis: 1000 }), "back")
      }))

    it.effect("D5: A full mailbox suspends the sender, who may give up; order is kept.", () =>
      Effect.gen(function*() {
        const suspending = yield* Suspending
        const gate = yield* Gate
        const shut = yield* Effect.forkChild(suspending.Shut(), now)
        yield* shutArrived
        for (const number of [1, 2, 3]) yield* suspending.Record({ number }, { discard: true })
        const fourth = yield* Effect.forkChild(suspending.Record({ number: 4 }, { discard: true }), now)
        const fifth = yield* Effect.forkChild(suspending.Record({ number: 5 }, { discard: true }), now)
        const sixth = yield* Effect.forkChild(suspending.Record({ number: 6 }), now)
        const gaveUp = yield* reason(suspending.Record({ number: 7 }, { discard: true, timeout: "30 millis" }))
        assert(gaveUp._tag === "TimedOut")
        assert.strictEqual(gaveUp.handled, "no")
        assert.isUndefined(fourth.pollUnsafe())
        yield* Fiber.interrupt(fifth)
        assert.strictEqual((yield* thread("archive")).actors[3]?.mailboxDepth, 3)
        yield* gate.Open()
        yield* Effect.forEach([shut, fourth, sixth], Fiber.join)
        assert.deepStrictEqual(yield* suspending.Records(), [1, 2, 3, 4, 6])
      }))

    it.effect("D5: A full mailbox that fails refuses the sender at once.", () =>
      Effect.gen(function*() {
        const failing = yield* Failing
        const gate = yield* Gate
        const shut = yield* Effect.forkChild(failing.Shut(), now)
        yield* shutArrived
        for (const number of [1, 2, 3]) yield* failing.Record({ number }, { discard: true })
        for (const send of [failing.Record({ number: 4 }), failing.Record({ number: 5 }, { discard: true })]) {
          const full = yield* reason<void, never, never>(send)
          assert(full._tag === "MailboxFull")
          assert.strictEqual(full.capacity, 3)
          assert.strictEqual(full.handled, "no")
        }
        yield* gate.Open()
        yield* Fiber.join(shut)
        assert.deepStrictEqual(yield* failing.Records(), [1, 2, 3])
      }))

    it.effect("D5: A full mailbox that drops the oldest makes room by a dead letter or a failed ask.", () =>
      Effect.gen(function*() {
        const dropping = yield* Dropping
        const gate = yield* Gate
        const events = yield* watch
        const shut = yield* Effect.forkChild(dropping.Shut(), now)
        yield* shutArrived
        yield* dropping.Record({ number: 1 }, { discard: true })
        const asked = yield* Effect.forkChild(reason(dropping.Record({ number: 2 })), now)
        for (const number of [3, 4, 5]) yield* dropping.Record({ number }, { discard: true })
        const full = yield* Fiber.join(asked)
        assert(full._tag === "MailboxFull")
        const letter = yield* events.next("DeadLetter")
        assert.strictEqual(letter.actor, "Dropping")
        assert.strictEqual(letter.request, "Record")
        yield* gate.Open()
        yield* Fiber.join(shut)
        assert.deepStrictEqual(yield* dropping.Records(), [3, 4, 5])
      }))

    it.effect("D8: A stream is pulled; leaving it early interrupts its producer.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const witness = yield* Witness
        yield* witness.Diary()
        const taken = yield* clerk.CountUp().pipe(Stream.take(100), Stream.runCollect)
        assert.deepStrictEqual(Array.from(taken), upTo(100))
        yield* witness.Wrote({ line: "count ended" })
        assert.deepStrictEqual(yield* witness.Diary(), ["counted to at most a thousand", "count ended"])
      }))

    it.effect("D8: A crash in the middle fails the stream, after the elements that were sent.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const seen: Array<number> = []
        const failed = yield* reason(
          Stream.runForEach(clerk.CountAndCrash({ last: 10 }), (n) => Effect.sync(() => seen.push(n)))
        )
        assert(failed._tag === "Crashed")
        assert.deepStrictEqual(seen, upTo(10))
      }))

    it.effect("D6: A Transferable moves both ways.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const bytes = new Uint8Array(1000).fill(2)
        const { bytes: back, sum } = yield* clerk.Sum({ bytes })
        assert.strictEqual(sum, 2000)
        assert.strictEqual(back.length, 1000)
        assert.strictEqual(bytes.length, 0)
      }))

    it.effect("D6: What can't be sent is NotSendable to the sender, and nobody dies.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const before = yield* thread("office")
        const wrong = yield* reason(clerk.Record({ number: "one" as unknown as number }))
        assert(wrong._tag === "NotSendable")
        assert.strictEqual(wrong.handled, "no")
        assert.match(wrong.detail, /payload does not match its schema.*Expected number/s)
        const gone = new Uint8Array(3)
        structuredClone(gone, { transfer: [gone.buffer] })
        const moved = yield* reason(clerk.Sum({ bytes: gone }))
        assert(moved._tag === "NotSendable")
        assert.strictEqual(moved.handled, "no")
        const misanswered = yield* reason(clerk.Misanswer())
        assert(misanswered._tag === "NotSendable")
        assert.strictEqual(misanswered.handled, "maybe")
        assert.match(misanswered.detail, /reply does not match its schema/)
        const movedAlready = yield* reason(clerk.MovedAlready())
        assert(movedAlready._tag === "NotSendable")
        assert.strictEqual(movedAlready.handled, "maybe")
        const repeated = yield* reason(Stream.runDrain(clerk.Repeat()))
        assert.strictEqual(repeated._tag, "NotSendable")
        yield* clerk.Records()
        const after = yield* thread("office")
        assert.strictEqual(after.incarnation, before.incarnation)
        assert.strictEqual(after.actors[0]?.restarts, before.actors[0]?.restarts)
        assert.strictEqual(after.actors[0]?.mailboxDepth, 0)
      }))

    it.effect("D6: Neighbours in one batch don't suffer from what can't be sent.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const gone = new Uint8Array(3)
        structuredClone(gone, { transfer: [gone.buffer] })
        const [sum, failed, records] = yield* Effect.all([
          clerk.Sum({ bytes: Uint8Array.of(1, 2) }),
          reason(clerk.Sum({ bytes: gone })),
          clerk.Record({ number: 1 }).pipe(Effect.andThen(clerk.Records()))
        ], { concurrency: "unbounded" })
        assert.strictEqual(sum.sum, 3)
        assert.strictEqual(failed._tag, "NotSendable")
        assert.deepStrictEqual(records, [1])
      }))

    it.effect("D1: 100,000 tells arrive in their order.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        const count = 100_000
        yield* Effect.forEach(
          upTo(count),
          (number) => clerk.Record({ number }, { discard: true, timeout: "30 seconds" }),
          {
            discard: true
          }
        )
        const recorded = yield* clerk.Records(undefined, { timeout: "30 seconds" })
        assert.lengthOf(recorded, count)
        assert.isTrue(recorded.every((number, index) => number === index + 1))
      }))

    it.effect("D1, D2: Order holds across a crash, and nothing runs twice.", () =>
      Effect.gen(function*() {
        const clerk = yield* Clerk
        paper.clear()
        const tell = (from: number, to: number) =>
          Effect.forEach(
            upTo(to - from).map((n) => -(from + n)),
            (number) => clerk.Record({ number }, { discard: true, timeout: "30 seconds" }),
            { discard: true }
          )
        yield* tell(0, 2000)
        const crash = yield* Effect.forkChild(reason(clerk.Crash(undefined, { timeout: "30 seconds" })), now)
        yield* tell(2000, 5000)
        assert.strictEqual((yield* Fiber.join(crash))._tag, "Crashed")
        yield* clerk.Records()
        assert.deepStrictEqual(paper.lines(), upTo(5000).map((n) => String(-n)))
      }))
  }
)
