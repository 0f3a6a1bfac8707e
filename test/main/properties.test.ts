/**
 * The supervisor's decisions against a small world, by chance: threads that become ready, fail, hang and die as they
 * like, operators who ask for anything at any time, timers that go off late.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Topology } from "../../src/control/topology.ts"
import { moment } from "../../src/loop/monotonic.ts"
import * as decide from "../../src/main/decide/index.ts"
import { boom, declare, stall, terminated, type ThreadOptions } from "./machine.ts"

/** A thread of the world, as it really is. */
interface Living {
  readonly thread: number
  readonly incarnation: number
  loaded: boolean
  ready: boolean
  askedToStop: number
  killed: boolean
  lost: boolean
}

interface Timer {
  readonly atMillis: number
  readonly event: decide.Event
}

/** What happens next; the numbers choose among what is possible. */
type Move =
  | { readonly _tag: "Thread"; readonly which: number; readonly does: number }
  | { readonly _tag: "Timer"; readonly which: number }
  | { readonly _tag: "Operator"; readonly which: number; readonly does: "Stop" | "Start" | "Restart" }
  | { readonly _tag: "Shutdown" }

const makeWorld = (topology: Topology) => {
  let state = decide.initial(topology)
  let nowMillis = 0
  const living: Array<Living> = []
  const timers: Array<Timer> = []
  const stopOrder: Array<number> = []
  const retired: Array<decide.OfThread> = []
  /** The threads that should be loaded ahead. */
  const spares = new Map<number, number>()
  const count = { finish: 0, ending: 0, booted: 0 }

  const find = ({ incarnation, thread }: { readonly thread: number; readonly incarnation: number }) =>
    living.find((other) => other.thread === thread && other.incarnation === incarnation)
  const after = (millis: number, event: decide.Event): void => void timers.push({ atMillis: nowMillis + millis, event })

  const carryOut = (command: decide.Command): void => {
    switch (command._tag) {
      case "Spawn": {
        const { incarnation, thread } = command
        assert.isUndefined(state.ending, "nothing starts once the system ends")
        assert.isUndefined(living.find((other) => other.thread === thread), "one incarnation at a time")
        living.push({ thread, incarnation, loaded: false, ready: false, askedToStop: 0, killed: false, lost: false })
        spares.delete(thread)
        const loading = state.threads.filter(({ loaded, phase, startedAt }) =>
          phase === "starting" && !loaded && nowMillis - startedAt < 1000
        )
        assert.isAtMost(loading.length, 2)
        return after(1000, { _tag: "StartTimedOut", thread, incarnation })
      }
      case "Prepare":
        assert.isUndefined(state.ending, "nothing is loaded once the system ends")
        return void spares.set(command.thread, command.count)
      case "LoadSuccessor": {
        const { incarnation, thread } = command
        assert.isUndefined(state.ending, "nothing is loaded once the system ends")
        spares.set(thread, Math.max(1, topology.threads[thread]?.standby ?? 0))
        return after(100, { _tag: "Successor", thread, incarnation, isLoaded: nowMillis % 3 > 0 })
      }
      case "Retire": {
        const { incarnation, thread } = command
        const alive = find(command)
        assert.isTrue(alive?.ready && alive.askedToStop === 0, "only who runs retires")
        assert.strictEqual(state.threads[thread]?.retiring?.asked, true)
        retired.push(command)
        return after(300, { _tag: "Retired", thread, incarnation })
      }
      case "Discard":
      case "Close":
        return void spares.delete(command.thread)
      case "AskStop": {
        const alive = find(command)
        assert.isDefined(alive, "only who lives is asked to stop")
        if (alive === undefined) return
        assert.strictEqual(++alive.askedToStop, 1, "asked once")
        assert.isFalse(alive.killed)
        stopOrder.push(command.thread)
        const { incarnation, thread } = command
        return after(500, { _tag: "StopTimedOut", thread, incarnation })
      }
      case "Kill": {
        const alive = find(command)
        assert.isDefined(alive, "only who lives is killed")
        if (alive === undefined) return
        assert.isFalse(alive.killed, "killed once")
        alive.killed = true
        const { incarnation, thread } = command
        return after(200, { _tag: "KillTimedOut", thread, incarnation })
      }
      case "Open": {
        const alive = find(command)
        assert.isTrue(alive?.ready && !alive.lost, "only who is ready and in routing takes messages")
        return
      }
      case "Lose": {
        const alive = find(command)
        if (alive !== undefined) alive.lost = true
        return
      }
      case "Wake":
        assert.isAbove(command.afterMillis, 0)
        return after(command.afterMillis, { _tag: "Wake" })
      case "Ending":
        assert.strictEqual(++count.ending, 1)
        spares.clear()
        return after(5000, { _tag: "ShutdownTimedOut" })
      case "Booted":
        assert.strictEqual(++count.booted, 1)
        return
      case "Finish":
        assert.strictEqual(++count.finish, 1, "finished once")
        for (const alive of living) {
          assert.isTrue(state.threads[alive.thread]?.unkillable, "only the undying are left behind")
        }
    }
  }

  const dispatch = (event: decide.Event): void => {
    const [next, commands] = decide.step(topology, state, event, {
      now: moment(nowMillis),
      atMillis: 0,
      random: 0.5,
      debugging: "no"
    })
    state = next
    for (const command of commands) carryOut(command)
    for (const [index, thread] of state.threads.entries()) {
      const alive = living.find((other) => other.thread === index)
      assert.strictEqual(thread.phase !== "idle", alive !== undefined, "a phase is what really is")
      if (alive !== undefined) assert.strictEqual(thread.incarnation, alive.incarnation)
    }
  }

  const die = (alive: Living): void => {
    living.splice(living.indexOf(alive), 1)
    const { incarnation, thread } = alive
    dispatch({
      _tag: "Ended",
      thread,
      incarnation,
      cause: alive.killed ? terminated : boom,
      wellUntil: moment(nowMillis)
    })
  }

  /**
   * What a living thread does: 0 the right thing, 1 fails, 2 stalls, 3 dies, 4 says that trying is pointless, 5 to 7 is worn.
   */
  const act = (alive: Living, does: number): void => {
    const { incarnation, thread } = alive
    const failing = (cause: typeof boom | typeof stall, fatal: boolean) =>
      dispatch({ _tag: "Failing", thread, incarnation, cause, fatal, wellUntil: moment(nowMillis) })
    if (alive.killed) return does === 2 ? undefined : die(alive)
    if (does === 1) return failing(boom, false)
    if (does === 2) return alive.ready ? failing(stall, false) : undefined
    if (does === 3) return die(alive)
    if (does === 4) return failing(boom, true)
    if (does === 5) return dispatch({ _tag: "Wearing", thread, incarnation })
    if (does > 5) return dispatch({ _tag: "Worn", thread, incarnation, why: does === 6 ? "after" : "heap", amount: 1 })
    if (alive.askedToStop > 0) return dispatch({ _tag: "Acknowledged", thread, incarnation })
    if (!alive.loaded) {
      alive.loaded = true
      return dispatch({ _tag: "Loaded", thread, incarnation })
    }
    if (!alive.ready) {
      alive.ready = true
      dispatch({ _tag: "Ready", thread, incarnation })
    }
  }

  const fire = (which: number): void => {
    const [timer] = timers.splice(which % timers.length, 1)
    if (timer === undefined) return
    nowMillis = Math.max(nowMillis, timer.atMillis)
    dispatch(timer.event)
  }

  return {
    count,
    living,
    spares,
    stopOrder,
    state: () => state,
    dispatch,
    move(move: Move): void {
      switch (move._tag) {
        case "Thread": {
          const alive = living[move.which % Math.max(1, living.length)]
          return alive && act(alive, move.does)
        }
        case "Timer":
          return fire(move.which)
        case "Operator":
          return dispatch({ _tag: move.does, thread: move.which % topology.threads.length })
        case "Shutdown":
          return dispatch({ _tag: "Shutdown", why: "enough" })
      }
    },
    /** Everybody does the right thing from now on, until nothing is left to do. */
    calmDown(): void {
      for (let round = 0; round < 400; round++) {
        const busy = living.find((alive) => alive.killed || alive.askedToStop > 0 || !alive.ready)
        if (busy !== undefined) act(busy, 0)
        else if (timers.length === 0) return
        else {
          const next = Math.min(...timers.map(({ atMillis }) => atMillis))
          fire(timers.findIndex(({ atMillis }) => atMillis === next))
        }
      }
      assert.fail("it never comes to rest")
    }
  }
}

const moves: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ _tag: fc.constant("Thread" as const), which: fc.nat(9), does: fc.nat(7) }) },
  {
    weight: 12,
    arbitrary: fc.record({ _tag: fc.constant("Thread" as const), which: fc.nat(9), does: fc.constant(0) })
  },
  { weight: 8, arbitrary: fc.record({ _tag: fc.constant("Timer" as const), which: fc.nat(9) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      _tag: fc.constant("Operator" as const),
      which: fc.nat(9),
      does: fc.constantFrom("Stop" as const, "Start" as const, "Restart" as const)
    })
  },
  { weight: 1, arbitrary: fc.constant({ _tag: "Shutdown" as const }) }
)

const systems = fc.record({
  threads: fc.array(
    fc.record({
      onGiveUp: fc.constantFrom("escalate" as const, "quarantine" as const),
      restart: fc.record({ limit: fc.record({ failures: fc.nat(6) }) }),
      standby: fc.nat(2),
      instances: fc.integer({ min: 1, max: 3 }),
      recycle: fc.constant({ after: 10 })
    }),
    { minLength: 1, maxLength: 4 }
  ),
  strategy: fc.constantFrom("one-for-one" as const, "rest-for-one" as const, "one-for-all" as const),
  startup: fc.constantFrom("sequential" as const, "parallel" as const)
}).map(({ threads, ...options }) => {
  const named: Record<string, ThreadOptions> = {}
  threads.forEach((thread, index) => {
    named[`t${index}`] = thread
  })
  return declare(named, options)
})

describe("whatever happens", () => {
  it("Whatever happens, incarnations never meet, nothing starts once the system ends, and everything comes to rest.", () => {
    fc.assert(
      fc.property(systems, fc.array(moves, { maxLength: 140 }), (topology, script) => {
        const world = makeWorld(topology)
        world.dispatch({ _tag: "Wake" })
        for (const move of script) world.move(move)
        world.calmDown()
        for (const thread of world.state().threads) {
          const rests = thread.wanted && world.state().ending === undefined ? "running" : "idle"
          assert.strictEqual(thread.phase, rests)
        }
        if (world.state().ending === undefined) assert.strictEqual(world.count.booted, 1)
        for (const [index, { phase }] of world.state().threads.entries()) {
          const standby = phase === "running" ? topology.threads[index]?.standby ?? 0 : 0
          const spares = world.spares.get(index) ?? 0
          assert.isAtLeast(spares, standby, "who runs has its standby threads")
          assert.isAtMost(spares, phase === "running" ? Math.max(1, standby) : 0, "and nobody else")
        }
        world.dispatch({ _tag: "Shutdown", why: "enough" })
        world.calmDown()
        assert.strictEqual(world.count.finish, 1)
        assert.lengthOf(world.living, 0)
      }),
      { numRuns: 1500 }
    )
  })

  it("A system at rest stops from its last thread to its first.", () => {
    fc.assert(
      fc.property(systems, fc.array(moves, { maxLength: 60 }), (topology, script) => {
        const world = makeWorld(topology)
        world.dispatch({ _tag: "Wake" })
        for (const move of script) world.move(move)
        world.calmDown()
        const up = world.state().threads.flatMap(({ phase }, index) => phase === "running" ? [index] : [])
        world.stopOrder.length = 0
        world.dispatch({ _tag: "Shutdown", why: "enough" })
        world.calmDown()
        assert.deepStrictEqual(world.stopOrder, up.toReversed())
      }),
      { numRuns: 500 }
    )
  })
})
