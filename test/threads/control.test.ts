/** The control plane between the supervisor and its threads is nobody else's. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { System } from "heddle"
import config from "../fixtures/meddling/config.ts"
import { Calm, Meddler } from "../fixtures/meddling/Meddler.ts"
import { deeds, posts } from "../fixtures/meddling/meddling.ts"
import standingBy from "../fixtures/meddling/standingBy.ts"
import { thread, watch } from "./watching.ts"

/** Runs a program on a system whose threads have this environment; what was logged as a warning goes to `warnings`. */
const inSystem = <A, E, R>(
  env: Readonly<Record<string, string>>,
  program: (warnings: Array<string>) => Effect.Effect<A, E, R>,
  declared = config
) =>
  Effect.gen(function*() {
    yield* Effect.acquireRelease(
      Effect.sync(() => Object.assign(process.env, env)),
      () => Effect.sync(() => Object.keys(env).forEach((name) => delete process.env[name]))
    )
    const warnings: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Warn") warnings.push(String(message))
    })
    const layer = Layer.provide(System.layer(declared), Logger.layer([logger]))
    return yield* Effect.provide(program(warnings), layer)
  }).pipe(Effect.scoped)

/** Nothing has become of either thread, and the supervisor's word still reaches them. */
const unharmed = Effect.gen(function*() {
  assert.strictEqual(yield* (yield* Calm).Ping(), "pong")
  assert.strictEqual(yield* (yield* Meddler).Meddle({ way: "no way" }), "no way")
  for (const name of ["meddling", "calm"]) {
    const { incarnation, lastCause, state } = yield* thread(name)
    assert.deepStrictEqual([state, incarnation, lastCause], ["running", 1, null])
  }
  const events = yield* watch
  yield* (yield* System.System).restart("meddling")
  const exited = yield* events.next("ThreadExited")
  assert.deepStrictEqual([exited.asked, exited.cause._tag], [true, "Requested"])
  assert.notInclude((yield* events.soFar).map(({ _tag }) => _tag), "ThreadTerminated")
  assert.strictEqual(yield* (yield* Meddler).Meddle({ way: "again" }), "again")
  assert.isNull(yield* (yield* Meddler).Kept())
})

const isOfThread = (warning: string): boolean =>
  warning.startsWith("thread \"meddling\" posted a message to parentPort")

describe("the control plane", () => {
  it.live(
    "F15: Whatever a handler posts on parentPort changes nothing.",
    () =>
      inSystem({}, (warnings) =>
        Effect.gen(function*() {
          const meddler = yield* Meddler
          for (const way of Object.keys(posts)) assert.strictEqual(yield* meddler.Meddle({ way }), way)
          yield* unharmed
          assert.lengthOf(warnings.filter(isOfThread), 1)
          assert.match(warnings[0] ?? "", /and it is ignored: actors send to each other by their clients/)
        })),
    30_000
  )

  it.live(
    "F15: Whatever a handler does to parentPort, or past it, changes nothing.",
    () =>
      inSystem({}, (warnings) =>
        Effect.gen(function*() {
          const meddler = yield* Meddler
          for (const way of Object.keys(deeds)) assert.strictEqual(yield* meddler.Meddle({ way }), way)
          yield* unharmed
          assert.deepStrictEqual(warnings.filter(isOfThread), [])
        })),
    30_000
  )

  for (const when of ["IMPORT", "LAYER"]) {
    it.live(
      `F15: What is posted on parentPort in a thread's ${when.toLowerCase()} changes nothing; there is one warning an incarnation.`,
      () =>
        inSystem({ [`HEDDLE_TEST_MEDDLE_${when}`]: "all" }, (warnings) =>
          Effect.gen(function*() {
            yield* unharmed
            assert.lengthOf(warnings.filter(isOfThread), 2)
          })),
      30_000
    )
  }

  it.live(
    "F15: What is posted on parentPort in a standby thread changes nothing, and it takes over all the same.",
    () =>
      inSystem({ HEDDLE_TEST_MEDDLE_IMPORT: "all" }, () =>
        Effect.gen(function*() {
          const system = yield* System.System
          const events = yield* watch
          yield* events.next("StandbyReady", ({ thread }) => thread === "meddling")
          yield* Effect.flip((yield* Meddler).Exit({ keeps: "it" }))
          const started = yield* events.next("ThreadStarted", ({ thread }) => thread === "meddling")
          assert.strictEqual(started.incarnation, 2)
          assert.strictEqual(yield* (yield* Meddler).Kept(), "it")
          assert.isTrue((yield* system.threads).every(({ state }) => state === "running"))
        }), standingBy),
    30_000
  )

  it.live(
    "F15: What a thread says last arrives before its end is heard.",
    () =>
      inSystem({}, () =>
        Effect.gen(function*() {
          const system = yield* System.System
          const meddler = yield* Meddler
          for (const keeps of ["one", "two", "three"]) {
            yield* Effect.flip(meddler.Exit({ keeps }))
            assert.strictEqual(yield* meddler.Kept(), keeps)
            const { state } = (yield* system.metrics).find(({ id }) => id === "exits") ??
              assert.fail("nothing was counted")
            assert.deepInclude(state, { count: ["one", "two", "three"].indexOf(keeps) + 1 })
          }
        })),
    30_000
  )
})
