/**
 * Standby threads, with threads that do what the test says: `load`, `fail`, `die`.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type * as ExitCause from "../../src/ExitCause.ts"
import * as standbyThreads from "../../src/main/standby.ts"
import type { Listener, Thread } from "../../src/main/thread.ts"
import * as recorder from "../../src/shared/recorder.ts"
import * as remains from "../../src/shared/remains.ts"
import * as statusBlock from "../../src/shared/statusBlock.ts"
import * as SystemEvent from "../../src/SystemEvent.ts"
import { boom, declare, terminated } from "./machine.ts"

const topology = declare({ declared: { standby: 2, startTimeout: "3 seconds" }, undeclared: {} })
const [declared, undeclared] = topology.threads
if (declared === undefined || undeclared === undefined) throw new Error("there are two threads")

/** A thread as it really is. */
interface Real {
  readonly of: string
  readonly on: Listener
  readonly thread: Thread
  /** What it was told. */
  readonly told: Array<string>
  terminated: boolean
}

const make = () => {
  const threads: Array<Real> = []
  const events: Array<SystemEvent.SystemEvent> = []
  const warnings: Array<string> = []
  const timers: Array<{ readonly key: string; readonly millis: number; readonly go: () => void }> = []
  const world = { full: false }
  const standby = standbyThreads.make({
    topology,
    spawn(_, { name }, on) {
      if (world.full) throw new Error("no thread left")
      const memory = statusBlock.allocate(1)
      const real: Real = {
        of: name,
        on,
        told: [],
        terminated: false,
        thread: {
          block: statusBlock.make(memory),
          remains: remains.allocate(),
          recorder: recorder.make(recorder.allocate()),
          memory,
          post: ({ _tag }) => void real.told.push(_tag),
          terminate() {
            real.terminated = true
          },
          measureLoop: () => ({ idleMillis: 0, activeMillis: 0, utilization: 0 }),
          cpuMicros: () => Promise.resolve(undefined),
          find: (found) => found({}),
          profile: () => Promise.reject(new Error("not in this test")),
          heap: () => Promise.reject(new Error("not in this test"))
        }
      }
      threads.push(real)
      return real.thread
    },
    timers: {
      set(key, millis, go) {
        this.cancel(key)
        timers.push({ key, millis, go })
      },
      cancel(key) {
        timers.splice(0, Infinity, ...timers.filter((timer) => timer.key !== key))
      },
      cancelAll: () => void timers.splice(0),
      keys: () => timers.map(({ key }) => key)
    },
    atMillis: () => 1,
    publish: (event) => void events.push(event),
    onIgnored: (warning) => void warnings.push(warning)
  })
  const at = (index: number): Real => threads[index] ?? assert.fail(`there is no thread ${index}`)
  return {
    standby,
    world,
    at,
    /** Whose threads were started, in order. */
    started: () => threads.map(({ of }) => of),
    prepare(spec: typeof declared, count: number): void {
      standby.prepare(spec, count, 0)
      timers.pop()?.go()
    },
    load: (index: number) => at(index).on.message({ _tag: "Loaded", hosts: [] }),
    fail: (index: number) => at(index).on.message({ _tag: "Failing", cause: boom, fatal: false, unwellMillis: 0 }),
    die: (index: number, cause: ExitCause.ExitCause = at(index).terminated ? terminated : boom) =>
      at(index).on.exit(cause),
    /** Time passes for whoever waits so long. */
    pass: (millis: number) => timers.filter((timer) => timer.millis === millis).forEach(({ go }) => go()),
    said: () => events.splice(0).map(SystemEvent.format),
    warned: () => warnings.splice(0)
  }
}

/** Hears what a thread says that was taken. */
const hearing = () => {
  const heard: Array<string> = []
  const on: Listener = {
    message: ({ _tag }) => void heard.push(_tag),
    exit: ({ _tag }) => void heard.push(`exit: ${_tag}`),
    ignored: (warning) => void heard.push(`ignored: ${warning}`)
  }
  return { heard, on }
}

const ready = "a standby thread of \"declared\" is loaded"
const failed = (cause: string) =>
  `a standby thread of "declared" failed, and is not replaced before the thread starts again: ${cause}`

describe("standby threads", () => {
  it("Standby threads are loaded one after the other, whichever thread they are for.", () => {
    const { load, prepare, started } = make()
    prepare(declared, 2)
    prepare(undeclared, 1)
    assert.deepStrictEqual(started(), ["declared"])
    load(0)
    assert.deepStrictEqual(started(), ["declared", "declared"])
    load(1)
    load(2)
    assert.deepStrictEqual(started(), ["declared", "declared", "undeclared"])
  })

  it("Standby threads are taken the oldest first, and report to their new owner from then on.", () => {
    const { at, die, load, prepare, said, standby, started } = make()
    prepare(declared, 2)
    load(0)
    load(1)
    assert.deepStrictEqual(said(), [ready, ready])
    const { heard, on } = hearing()
    assert.strictEqual(standby.take(declared, on).thread, at(0).thread)
    at(0).on.message({ _tag: "Stopped" })
    die(0)
    assert.deepStrictEqual(heard, ["Stopped", "exit: Thrown"])
    assert.deepStrictEqual(said(), [])
    assert.strictEqual(standby.take(declared, on).thread, at(1).thread)
    assert.lengthOf(started(), 2)
  })

  it("F15: Warnings about a standby thread go to its present owner.", () => {
    const { at, load, prepare, standby, warned } = make()
    prepare(declared, 1)
    at(0).on.ignored("while it loads")
    load(0)
    at(0).on.ignored("while it waits")
    assert.deepStrictEqual(warned(), ["while it loads", "while it waits"])
    const { heard, on } = hearing()
    standby.take(declared, on)
    at(0).on.ignored("when it was taken")
    assert.deepStrictEqual(warned(), [])
    assert.deepStrictEqual(heard, ["ignored: when it was taken"])
  })

  it("Standby threads may be taken while they load: that is sooner than to begin with another.", () => {
    const { at, prepare, said, standby } = make()
    prepare(declared, 1)
    const { heard, on } = hearing()
    assert.strictEqual(standby.take(declared, on).thread, at(0).thread)
    at(0).on.message({ _tag: "Loaded", hosts: [] })
    assert.deepStrictEqual(heard, ["Loaded"])
    assert.deepStrictEqual(at(0).told, [])
    assert.deepStrictEqual(said(), [])
  })

  it("Standby threads warm up when they have loaded.", () => {
    const { at, load, prepare } = make()
    prepare(declared, 1)
    load(0)
    assert.deepStrictEqual(at(0).told, ["WarmUp"])
  })

  it("A thread is started if there is no standby thread for it.", () => {
    const { at, load, prepare, standby, started } = make()
    prepare(undeclared, 1)
    load(0)
    const { on } = hearing()
    assert.strictEqual(standby.take(declared, on).thread, at(1).thread)
    assert.deepStrictEqual(started(), ["undeclared", "declared"])
  })

  for (
    const [how, end, says] of [
      ["can't load", ({ fail }) => fail(0), "Error: boom"],
      ["dies", ({ die }) => die(0), "Error: boom"],
      ["has loaded and dies", ({ die, load }) => [load(0), die(0)], "Error: boom"],
      ["takes too long to load", ({ pass }) => pass(3000), "it was not ready within 3000 ms"]
    ] as ReadonlyArray<readonly [string, (world: ReturnType<typeof make>) => unknown, string]>
  ) {
    it(`A standby thread that ${how} is reported once, and not replaced before it is asked for again.`, () => {
      const world = make()
      world.prepare(declared, 1)
      end(world)
      if (world.at(0).terminated) world.die(0)
      world.pass(3000)
      assert.deepStrictEqual(world.said().filter((line) => line !== ready), [failed(says)])
      assert.lengthOf(world.started(), 1)
      world.prepare(declared, 1)
      assert.lengthOf(world.started(), 2)
    })
  }

  it("Standby threads that are too late are terminated, and make room for the next.", () => {
    const { at, pass, prepare, started } = make()
    prepare(declared, 1)
    prepare(undeclared, 1)
    pass(3000)
    assert.isTrue(at(0).terminated)
    assert.deepStrictEqual(started(), ["declared", "undeclared"])
  })

  it("A standby thread that can't even be started is reported.", () => {
    const { prepare, said, world } = make()
    world.full = true
    prepare(declared, 1)
    assert.deepStrictEqual(said(), [failed("Error: no thread left")])
  })

  it("A thread that is loaded ahead of a restart lives and dies in silence, if no standby is declared.", () => {
    const { die, load, prepare, said } = make()
    prepare(undeclared, 1)
    load(0)
    die(0)
    assert.deepStrictEqual(said(), [])
  })

  it("Discarded standby threads are terminated, are no failure, and are not taken.", () => {
    const { at, die, load, prepare, said, standby } = make()
    prepare(declared, 2)
    load(0)
    load(1)
    said()
    standby.discard(declared)
    assert.deepStrictEqual([at(0).terminated, at(1).terminated], [true, true])
    assert.strictEqual(standby.take(declared, hearing().on).thread, at(2).thread)
    die(0)
    die(1)
    assert.deepStrictEqual(said(), [])
  })

  it.effect("Standby threads are gone when all of them are proven dead.", () =>
    Effect.gen(function*() {
      const { die, load, prepare, standby, started } = make()
      prepare(declared, 2)
      load(0)
      standby.close()
      load(1)
      assert.lengthOf(started(), 2)
      const closed = yield* Effect.forkChild(standby.closed(2000), { startImmediately: true })
      die(1)
      yield* Effect.yieldNow
      assert.isUndefined(closed.pollUnsafe())
      die(0)
      assert.deepStrictEqual(yield* Fiber.join(closed), [])
    }))

  it.effect("Standby threads may die in the moment in which they are waited for.", () =>
    Effect.gen(function*() {
      const { die, prepare, standby } = make()
      prepare(declared, 1)
      standby.close()
      const closed = yield* Effect.forkChild(standby.closed(2000), { startImmediately: true })
      die(0)
      assert.deepStrictEqual(yield* Fiber.join(closed), [])
    }))

  it.effect("Standby threads that can't be ended are named after their time.", () =>
    Effect.gen(function*() {
      const { prepare, standby } = make()
      prepare(declared, 1)
      standby.close()
      const closed = yield* Effect.forkChild(standby.closed(2000), { startImmediately: true })
      yield* TestClock.adjust(2000)
      assert.deepStrictEqual(yield* Fiber.join(closed), ["declared"])
    }))

  describe("Successors of threads that are recycled", () => {
    const succession = () => {
      const world = make()
      const reported: Array<boolean> = []
      return {
        ...world,
        reported,
        succeed: (spec: typeof declared) => world.standby.succeed(spec, (is) => reported.push(is))
      }
    }

    it("F28: Successors are loaded, unless one is there, and reported once.", () => {
      const { load, reported, started, succeed } = succession()
      succeed(undeclared)
      assert.deepStrictEqual(started(), ["undeclared"])
      assert.deepStrictEqual(reported, [])
      load(0)
      assert.deepStrictEqual(reported, [true])
      succeed(undeclared)
      assert.deepStrictEqual(reported, [true, true], "it waits still")
      assert.lengthOf(started(), 1)
    })

    it("F28: Successors report that they can't be loaded, also where none is declared.", () => {
      const { die, fail, reported, said, succeed, world } = succession()
      succeed(undeclared)
      fail(0)
      die(0)
      assert.deepStrictEqual(reported, [false])
      assert.deepStrictEqual(said(), [failed("Error: boom").replace("declared", "undeclared")])
      world.full = true
      succeed(undeclared)
      assert.deepStrictEqual(reported, [false, false])
    })

    it("F28: Successors that are taken or discarded before they are loaded are reported once, as not loaded.", () => {
      const { load, reported, standby, succeed } = succession()
      succeed(undeclared)
      standby.take(undeclared, hearing().on)
      load(0)
      succeed(declared)
      standby.discard(declared)
      assert.deepStrictEqual(reported, [false, false])
    })
  })
})
