/** Keyed actors on several real threads. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as RpcClient from "effect/rpc/RpcClient"
import { System } from "heddle"
import { placeOf } from "../../src/link/rendezvous.ts"
import config from "../fixtures/keyedThreads/config.ts"
import { Alive, Book, Denied, Frail, Sender, Tally, Worn } from "../fixtures/keyedThreads/Tally.ts"
import { quietly, reason, watch } from "./watching.ts"

const now = { startImmediately: true }
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const allAtOnce = { concurrency: "unbounded" } as const

/** Reads the book until it has these lines, and returns all that it read. */
const lines = (...expected: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const book = yield* Book
    const all: Array<string> = []
    while (expected.some((line) => !all.includes(line))) all.push(...(yield* book.Read()))
    return all
  })

/** Some keys of one instance. */
const keysAt = (index: number, name: string, count: number): ReadonlyArray<string> =>
  upTo(1000).map((n) => `${name}${n}`).filter((key) => placeOf(key, 2) === index).slice(0, count)

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "60 seconds" })(
  "keyed actors on several threads",
  (it) => {
    it.effect("K6: All senders find a key on the same instance, and the keys are spread over all instances.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        const sender = yield* Sender
        const keys = upTo(40).map((n) => `place${n}`)
        const found = yield* Effect.forEach(keys, (key) => tallies.of(key).Where(), allAtOnce)
        const others = yield* Effect.forEach(keys, (key) => sender.Where({ key }), allAtOnce)
        assert.deepStrictEqual(found.map(({ index }) => index), others)
        assert.deepStrictEqual(found.map(({ index }) => index), keys.map((key) => placeOf(key, 2)))
        assert.deepStrictEqual(found.map(({ key }) => key), keys)
        for (const { index, thread } of found) assert.strictEqual(thread, `tally.${index + 1}`)
        assert.strictEqual(new Set(others).size, 2)
        assert.includeMembers([...(yield* tallies.awake)], keys)
      }))

    it.effect("K2: Messages that wait for room at one of several instances all run, once and in order, from each sender.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        const sender = yield* Sender
        const keys = [...keysAt(0, "room", 3), ...keysAt(1, "room", 3)]
        const told = yield* Effect.forkChild(sender.Tell({ keys, times: 200 }), now)
        const answers = yield* Effect.forEach(
          keys,
          (key) => Effect.forEach(upTo(100), () => tallies.of(key).Add({ by: 0 }), allAtOnce),
          allAtOnce
        )
        yield* Fiber.join(told)
        for (const of of answers) assert.deepStrictEqual(of, of.toSorted((a, b) => a - b))
        for (const key of keys) {
          // The last of those told may still wait: they are from another sender.
          let sum = 0
          while (sum < 200) sum = yield* tallies.of(key).Add({ by: 0 })
          assert.strictEqual(sum, 200)
        }
      }))

    it.effect("K2, K6: A crash of one instance: its keys' waiting messages run there once, those of the other don't notice.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        const events = yield* watch
        const [here = "", neighbor = ""] = keysAt(0, "crash", 2)
        const [there = ""] = keysAt(1, "crash", 1)
        assert.strictEqual(yield* tallies.of(there).Add({ by: 7 }), 7)
        const hung = yield* Effect.forkChild(reason(tallies.of(here).Wait(undefined, { timeout: "Infinity" })), now)
        yield* lines(`${here} waits`)
        const waiting = yield* Effect.forkChild(
          Effect.forEach(upTo(30), () => tallies.of(here).Add({ by: 1 }), allAtOnce),
          now
        )
        assert.strictEqual((yield* reason(tallies.of(neighbor).Exit()))._tag, "Crashed")
        assert.strictEqual((yield* Fiber.join(hung))._tag, "Crashed")
        assert.deepStrictEqual(yield* Fiber.join(waiting), upTo(30).map((n) => n + 1))
        assert.deepInclude(yield* events.next("ThreadExited"), { thread: "tally.1" })
        assert.strictEqual(yield* tallies.of(there).Add({ by: 0 }), 7)
      }))

    it.effect("K2: An idempotent message of a key that its thread's end cuts off runs once more, on the same instance.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        for (const index of [0, 1]) {
          const [key = ""] = keysAt(index, "again", 1)
          assert.strictEqual(yield* tallies.of(key).Attempt({ id: "1" }), 2)
          const told = tallies.of(key).Attempt({ id: "2" }, { discard: true })
          yield* told
          const all = yield* lines(`${key} attempt 2`)
          if (all.filter((line) => line === `${key} attempt 2`).length < 2) yield* lines(`${key} attempt 2`)
          assert.strictEqual((yield* tallies.of(key).Where()).index, index)
        }
      }))

    it.effect("K2: When the thread of an asker dies, what it asked of a key is interrupted, and the next message of the key runs.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        const sender = yield* Sender
        const [key = ""] = keysAt(1, "asker", 1)
        const asked = yield* Effect.forkChild(reason(sender.AskAndWait({ key })), now)
        yield* lines(`${key} waits`)
        const next = yield* Effect.forkChild(tallies.of(key).Add({ by: 1 }), now)
        yield* reason(sender.Exit())
        assert.strictEqual((yield* Fiber.join(asked))._tag, "Crashed")
        yield* lines(`${key} was left`)
        assert.strictEqual(yield* Fiber.join(next), 1)
      }))

    it.effect("K1: A key or a payload that can't be sent is NotSendable and was not handled; a reply may have been.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        assert.deepInclude(yield* reason(tallies.of("").Where()), { _tag: "NotSendable", handled: "no" })
        assert.deepInclude(yield* reason(tallies.wake("")), { _tag: "NotSendable", handled: "no" })
        assert.deepInclude(yield* reason(tallies.stop("")), { _tag: "NotSendable", handled: "no" })
        const [key = ""] = keysAt(0, "lie", 1)
        const wrong = yield* Effect.flip(tallies.of(key).Add({ by: 0.5 }))
        assert.deepInclude(wrong.reason, { _tag: "NotSendable", handled: "no" })
        assert.include(wrong.message, `Tally("${key}").Add: `)
        const lie = yield* Effect.flip(tallies.of(key).Lie())
        assert.deepInclude(lie.reason, { _tag: "NotSendable", handled: "maybe" })
        assert.include(lie.message, `Tally("${key}").Lie: `)
        assert.strictEqual(yield* tallies.of(key).Add({ by: 1 }), 1)
      }))

    it.effect("K2: Middleware runs before the handler of a key, and its errors are typed.", () =>
      Effect.gen(function*() {
        const tallies = yield* Tally
        for (const index of [0, 1]) {
          const [key = ""] = keysAt(index, "guarded", 1)
          assert.instanceOf(yield* Effect.flip(tallies.of(key).Guarded()), Denied)
          const answer = yield* RpcClient.withHeaders({ user: "Ada" })(tallies.of(key).Guarded())
          assert.strictEqual(answer, `Ada at ${key}`)
        }
      }))

    it.effect("K2: A thread that is recycled after some messages closes its keys, and no message of theirs runs twice or is lost.", () =>
      Effect.gen(function*() {
        const worn = yield* Worn
        const events = yield* watch
        const keys = ["worn a", "worn b", "worn c"]
        const sums = yield* Effect.forEach(
          keys,
          (key) => Effect.forEach(upTo(12), () => worn.of(key).Add({ by: 1 }), allAtOnce),
          allAtOnce
        )
        // Each build counts from 1 again; none of the three may have handled more than ten of all.
        for (const of of sums) {
          const builds = of.filter((sum) => sum === 1).length
          assert.isAtLeast(builds, 1)
          for (const [at, sum] of of.entries()) assert.isTrue(sum === 1 || sum === (of[at - 1] ?? 0) + 1, of.join())
        }
        assert.deepInclude(yield* events.next("ThreadRecycling"), { thread: "worn", why: "after", amount: 10 })
        const all = yield* lines(...keys.map((key) => `${key} closes`))
        for (const key of keys) {
          const opened = all.filter((line) => line === `${key} opens`).length
          const closed = all.filter((line) => line === `${key} closes`).length
          assert.include([opened, opened - 1], closed, key)
        }
      }))

    it.effect("K6: The keys of an instance that is given up fail, also those that waited, and say why; they are back when it is started.", () =>
      Effect.gen(function*() {
        const frail = yield* Frail
        const sender = yield* Sender
        const system = yield* System.System
        const [key = "", neighbor = ""] = keysAt(0, "frail", 2)
        const [there = ""] = keysAt(1, "frail", 1)
        assert.strictEqual(yield* frail.of(there).Add({ by: 7 }), 7)
        const hung = yield* Effect.forkChild(reason(frail.of(key).Wait(undefined, { timeout: "Infinity" })), now)
        yield* lines(`${key} waits`)
        const waiting = yield* Effect.forkChild(
          Effect.forEach(upTo(20), () => Effect.flip(frail.of(key).Add({ by: 1 })), allAtOnce),
          now
        )
        yield* reason(frail.of(neighbor).Exit())
        assert.strictEqual((yield* Fiber.join(hung))._tag, "Crashed")
        for (const { message, reason } of yield* Fiber.join(waiting)) {
          assert.deepInclude(reason, { _tag: "NotRunning", handled: "no" })
          assert.match(message, /thread "frail\.1" was given up \(.*\), and its keys live nowhere else/)
        }
        // Another thread hears the same.
        assert.include(yield* sender.Frail({ key }), "and its keys live nowhere else")
        assert.strictEqual(yield* frail.of(there).Add({ by: 0 }), 7)
        yield* system.start("frail.1")
        assert.strictEqual(yield* frail.of(key).Add({ by: 1 }), 1)
      }))

    it.effect("K5: With keepAlive each instance wakes its own keys again after its restart, and no other.", () =>
      Effect.gen(function*() {
        const alive = yield* Alive
        const system = yield* System.System
        const [mine, others] = [keysAt(0, "alive", 3), keysAt(1, "alive", 3)]
        yield* Effect.forEach([...mine, ...others], (key) => alive.wake(key), allAtOnce)
        yield* lines(...mine.map((key) => `${key} opens`), ...others.map((key) => `${key} opens`))
        yield* system.restart("tally.1")
        const all = yield* lines(...mine.map((key) => `${key} opens`))
        for (const key of others) assert.notInclude(all, `${key} opens`)
        assert.sameMembers([...(yield* alive.awake)], [...mine, ...others])
        yield* Effect.forEach([...mine, ...others], (key) => alive.stop(key), allAtOnce)
        assert.deepStrictEqual(yield* alive.awake, [])
      }))

    it.effect("K1: An instance that is stopped has no keys awake, and those of the others are listed.", () =>
      Effect.gen(function*() {
        const alive = yield* Alive
        const system = yield* System.System
        const [mine, others] = [keysAt(0, "stopped", 2), keysAt(1, "stopped", 2)]
        const opens = (keys: ReadonlyArray<string>) => lines(...keys.map((key) => `${key} opens`))
        yield* Effect.forEach([...mine, ...others], (key) => alive.wake(key), allAtOnce)
        yield* opens([...mine, ...others])
        yield* system.stop("tally.1")
        const away = yield* Effect.flip(alive.of(mine[0] ?? "").Where())
        assert.deepInclude(away.reason, { _tag: "NotRunning", handled: "no" })
        assert.include(away.message, "thread \"tally.1\" was stopped, and its keys live nowhere else")
        assert.sameMembers([...(yield* alive.awake)], [...others])
        yield* system.stop("tally.2")
        assert.strictEqual((yield* Effect.flip(alive.awake)).reason._tag, "NotRunning")
        yield* system.start("tally.2")
        yield* opens(others)
        assert.sameMembers([...(yield* alive.awake)], [...others])
        yield* system.start("tally.1")
        yield* opens(mine)
        assert.sameMembers([...(yield* alive.awake)], [...mine, ...others])
        yield* Effect.forEach([...mine, ...others], (key) => alive.stop(key), allAtOnce)
      }))
  }
)
