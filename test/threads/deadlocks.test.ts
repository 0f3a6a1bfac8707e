/** Deadlocks among actors, with time-outs far longer than it takes to see them; and what only looks like one. */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { type ActorError, System } from "heddle"
import * as Testing from "heddle/Testing"
import config from "../fixtures/deadlocks/config.ts"
import { Room, type Step } from "../fixtures/deadlocks/Walker.ts"
import { walkers } from "../fixtures/deadlocks/walking.ts"
import { quietly } from "./watching.ts"

/** A way in which each actor asks the next, and does with an error what stands behind its name. */
const way = (...steps: ReadonlyArray<Step["to"] | readonly [Step["to"], Step["how"]]>): ReadonlyArray<Step> =>
  steps.map((step) => typeof step === "string" ? { to: step, how: "die" } : { to: step[0], how: step[1] })

/** The answer, or the cycle of a deadlock. */
const outcome = (ask: Effect.Effect<string, ActorError.ActorError>) =>
  Effect.match(ask, {
    onSuccess: (answer) => answer,
    onFailure: ({ reason }) =>
      reason._tag === "TimedOut" && reason.deadlock && reason.handled === "maybe" ? reason.cycle : reason
  })

/** How a key is named. */
const room = (key: string): string => `Room("${key}")`

const simulated = Layer.provide(Testing.layer(config), Logger.layer([]))

layer(simulated, { excludeTestServices: true, timeout: "1 minute" })("deadlocks on simulated threads", (it) => {
  it.effect("D12: Asks of a deadlock fail at once.", () =>
    Effect.gen(function*() {
      const { A } = yield* walkers
      assert.deepStrictEqual(yield* outcome(A.Walk({ way: way("B", "A") })), ["A", "B", "A"])
      assert.deepStrictEqual(yield* outcome(A.Walk({ way: way("B", "C", "Beside", "B") })), ["B", "C", "Beside", "B"])
      assert.strictEqual(yield* outcome(A.Walk({ way: way("B", ["A", "timeout"]) })), "late")
    }))
})

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })("deadlocks", (it) => {
  const circles: ReadonlyArray<readonly [from: Step["to"], way: ReadonlyArray<Step>, cycle: ReadonlyArray<string>]> = [
    ["A", way("A"), ["A", "A"]],
    ["A", way("Beside", "A"), ["A", "Beside", "A"]],
    ["A", way("B", "A"), ["A", "B", "A"]],
    ["A", way("B", "C", "A"), ["A", "B", "C", "A"]],
    ["C", way("Beside", "B", "A", "Beside"), ["Beside", "B", "A", "Beside"]],
    ["Pair", way("Pair", "Pair"), ["Pair", "Pair"]],
    ["Pair", way("B", "Pair", "Pair"), ["Pair", "Pair"]],
    ["RoomA", way("RoomA"), [room("a"), room("a")]],
    ["RoomA", way("RoomB", "RoomA"), [room("a"), room("b"), room("a")]],
    ["A", way("RoomB", "A"), ["A", room("b"), "A"]],
    ["RoomB", way("A", "RoomA", "RoomB"), [room("b"), "A", room("a"), room("b")]],
    ["Team", way("Team", "Team"), ["Team", "Team"]],
    ["Team", way("A", "Team", "Team"), ["Team", "Team"]],
    ["A", way("Team", "A"), ["A", "Team", "A"]]
  ]
  for (const [from, steps, cycle] of circles) {
    const name = [from, ...steps.map(({ to }) => to)].join(" -> ")
    it.effect(`D12: ${name} fails at once, to the outermost caller as well.`, () =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* outcome((yield* walkers)[from].Walk({ way: steps })), cycle)
      }))
  }

  it.effect("D12: An actor that handles the failure of a deadlock answers.", () =>
    Effect.gen(function*() {
      const { A } = yield* walkers
      assert.strictEqual(yield* outcome(A.Walk({ way: way("B", ["A", "handle"]) })), "not by A")
      assert.strictEqual(yield* outcome(A.Walk({ way: way(["B", "handle"], "A") })), "not by B")
      assert.strictEqual(yield* outcome(A.Walk({ way: way("B", ["C", "handle"], "A") })), "not by C")
    }))

  it.effect("D12: Of actors that ask each other for different callers, every ask fails, and every caller learns the circle.", () =>
    Effect.gen(function*() {
      const { A, B, C } = yield* walkers
      for (let time = 0; time < 10; time++) {
        const both = yield* Effect.all([
          outcome(A.Meet({ count: 2, way: way("B") })),
          outcome(B.Meet({ count: 2, way: way("A") }))
        ], { concurrency: 2 })
        assert.deepStrictEqual(both, [["B", "A", "B"], ["A", "B", "A"]])
      }
      const all = yield* Effect.all([
        outcome(A.Meet({ count: 3, way: way(["B", "handle"]) })),
        outcome(B.Meet({ count: 3, way: way(["C", "handle"]) })),
        outcome(C.Meet({ count: 3, way: way(["A", "handle"]) }))
      ], { concurrency: 3 })
      assert.deepStrictEqual(all, ["not by B", "not by C", "not by A"])
    }))

  it.effect("D12: Of actors of one thread that ask each other for different callers, every ask fails.", () =>
    Effect.gen(function*() {
      const { A, Beside } = yield* walkers
      for (let time = 0; time < 10; time++) {
        const both = yield* Effect.all([
          outcome(A.Meet({ count: 2, way: way("Beside") })),
          outcome(Beside.Meet({ count: 2, way: way("A") }))
        ], { concurrency: 2 })
        assert.deepStrictEqual(both, [["Beside", "A", "Beside"], ["A", "Beside", "A"]])
      }
    }))

  it.effect("D12: A caller outside of the circle gets its answer once the circle is broken.", () =>
    Effect.gen(function*() {
      const { A, B, C } = yield* walkers
      const [a, b, c] = yield* Effect.all([
        outcome(A.Meet({ count: 3, way: way("B") })),
        outcome(B.Meet({ count: 3, way: way("A") })),
        outcome(C.Meet({ count: 3, way: way("A") }))
      ], { concurrency: 3 })
      assert.deepStrictEqual([a, b, c], [["B", "A", "B"], ["A", "B", "A"], "arrived"])
    }))

  it.effect("D12: If all places of an actor wait in it, each of its callers learns the circle.", () =>
    Effect.gen(function*() {
      const { Pair } = yield* walkers
      const both = yield* Effect.all([
        outcome(Pair.Meet({ count: 2, way: way("Pair") })),
        outcome(Pair.Meet({ count: 2, way: way("Pair") }))
      ], { concurrency: 2 })
      assert.deepStrictEqual(both, [["Pair", "Pair"], ["Pair", "Pair"]])
    }))

  it.effect("D12: A handler that waits for several asks at a time waits for all of them.", () =>
    Effect.gen(function*() {
      const { A, Pair, RoomA } = yield* walkers
      assert.deepStrictEqual(yield* outcome(A.Walk({ way: way(["A", "both"]) })), ["A", "A"])
      assert.deepStrictEqual(yield* outcome(A.Walk({ way: way(["A", "either"]) })), ["A", "A"])
      assert.deepStrictEqual(yield* outcome(A.Walk({ way: way("B", ["A", "both"]) })), ["A", "B", "A"])
      assert.deepStrictEqual(yield* outcome(RoomA.Walk({ way: way("RoomB", ["RoomA", "either"]) })), [
        room("a"),
        room("b"),
        room("a")
      ])
      // Both places wait for two more each.
      assert.deepStrictEqual(yield* outcome(Pair.Walk({ way: way("Pair", ["Pair", "both"]) })), ["Pair", "Pair"])
    }))

  it.effect("D12: Of keys and of instances that ask each other for different callers, every ask fails.", () =>
    Effect.gen(function*() {
      const { RoomA, RoomB, Team } = yield* walkers
      const rooms = yield* Effect.all([
        outcome(RoomA.Meet({ count: 2, way: way("RoomB") })),
        outcome(RoomB.Meet({ count: 2, way: way("RoomA") }))
      ], { concurrency: 2 })
      assert.deepStrictEqual(rooms, [[room("b"), room("a"), room("b")], [room("a"), room("b"), room("a")]])
      const team = yield* Effect.all([
        outcome(Team.Meet({ count: 2, way: way("Team") })),
        outcome(Team.Meet({ count: 2, way: way("Team") }))
      ], { concurrency: 2 })
      assert.deepStrictEqual(team, [["Team", "Team"], ["Team", "Team"]])
    }))

  it.effect("D12: Keys that wait for each other while they are built are a deadlock.", () =>
    Effect.gen(function*() {
      const rooms = yield* Room
      const reason = yield* outcome(rooms.of("first").Walk({ way: [] }))
      assert(typeof reason === "object" && "why" in reason)
      assert.match(reason.why, /deadlock/)
    }))

  it.effect("D12: An ask that waits for room in a full mailbox may be part of a deadlock.", () =>
    Effect.gen(function*() {
      const { Narrow } = yield* walkers
      const [first, ...rest] = yield* Effect.all([
        outcome(Narrow.Meet({ count: 2, way: way("B", "Narrow") })),
        outcome(Narrow.Walk({ way: [] })),
        outcome(Narrow.Walk({ way: [] })),
        outcome((yield* walkers).A.Meet({ count: 2, way: [] }))
      ], { concurrency: 4 })
      assert.deepStrictEqual(first, ["Narrow", "B", "Narrow"])
      assert.deepStrictEqual(rest, ["arrived", "arrived", "arrived"])
    }))

  it.effect("D12: What may still go on is no deadlock.", () =>
    Effect.gen(function*() {
      const { A, Pair } = yield* walkers
      for (const how of ["timeout", "race", "together"] as const) {
        assert.strictEqual(yield* outcome(A.Walk({ way: way("B", ["A", how]) })), "late", how)
      }
      assert.strictEqual(yield* outcome(A.Walk({ way: way("B", ["A", "apart"]) })), "went on")
      // One place is free.
      assert.strictEqual(yield* outcome(Pair.Walk({ way: way("B", "Pair") })), "arrived")
      // Another key is free, and another instance.
      const { RoomA, Team } = yield* walkers
      assert.strictEqual(yield* outcome(RoomA.Walk({ way: way("A", "RoomB") })), "arrived")
      assert.strictEqual(yield* outcome(Team.Walk({ way: way("B", "Team") })), "arrived")
    }))

  it.effect("D12: An actor that dies of a deadlock is restarted, as it is when its caller's time is over.", () =>
    Effect.gen(function*() {
      const { threads } = yield* System.System
      assert.isTrue((yield* threads).every(({ actors }) => actors.every(({ restarts }) => restarts === 0)))
    }))
})
