/** Layers that ask other actors while they are built. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { System } from "heddle"
import * as Testing from "heddle/Testing"
import { Asker } from "../fixtures/asking/Asker.ts"
import config from "../fixtures/asking/config.ts"
import parallel from "../fixtures/asking/parallel.ts"
import { Patient } from "../fixtures/asking/Patient.ts"
import together from "../fixtures/asking/together.ts"
import { quietly, watch } from "./watching.ts"

const outcomes = Effect.gen(function*() {
  const attempts = yield* (yield* Asker).Attempts(undefined, { timeout: "30 seconds" })
  return Object.fromEntries(attempts.map(({ asked, outcome }) => [asked, outcome]))
})

const atFirst = {
  "Neighbour, for a service": "NotRunning",
  itself: "NotRunning",
  Neighbour: "NotRunning",
  "Neighbour's stream": "NotRunning",
  Later: "NotRunning",
  "Later's stream": "NotRunning",
  both: "NotRunning",
  // It might be answered once the layer is built.
  forked: "Restarting"
}

describe("a layer asks", () => {
  it.live("D12: An ask of an actor that can't be up yet fails at once and says how to mend it.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* outcomes, atFirst)
      const asker = yield* Asker
      const messages = new Map((yield* asker.Attempts()).map(({ asked, message }) => [asked, message]))
      for (const message of messages.values()) assert.notInclude(message, "restarting")
      const startOf = (asked: string) => messages.get(asked)?.split(". The message")[0]
      assert.strictEqual(
        startOf("Later"),
        "Later.Ping: the actor is not up yet: thread \"two\" starts after thread \"one\", where the layer of Asker asks. " +
          "Declare \"two\" before \"one\", or ask from Actor.background"
      )
      assert.strictEqual(
        startOf("Neighbour"),
        "Neighbour.Ping: the actor is not up yet: it starts after Asker on thread \"one\", and the layer of Asker asks. " +
          "Declare it before Asker, or ask from Actor.background"
      )
      assert.strictEqual(
        startOf("itself"),
        "Asker.Ping: the actor is not up yet: its own layer asks it, and it takes messages once its layer is built. " +
          "Ask from Actor.background"
      )
      assert.strictEqual(startOf("forked"), "Later.Ping: the actor had not started yet after 50 ms")
      assert.include(yield* asker.Background(), { outcome: "pong" })
    }).pipe(Effect.provide(quietly(System.layer(config)))))

  it.live("D12: An actor that runs is asked and answers when its asker's thread, or the asker itself, starts again.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      const { restart } = yield* System.System
      yield* restart("one")
      assert.deepInclude(yield* outcomes, {
        itself: "NotRunning",
        Neighbour: "NotRunning",
        Later: "pong"
      })
      yield* events.soFar
      yield* Effect.exit((yield* Asker).Crash())
      yield* events.next("ActorStarted", ({ actor }) => actor === "Asker")
      assert.deepInclude(yield* outcomes, { itself: "NotRunning", Neighbour: "pong", Later: "pong", both: "pong,pong" })
    }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(config)))))

  it.live("D12: A layer may ask an actor of a thread that restarts after its own.", () =>
    Effect.gen(function*() {
      const events = yield* watch
      yield* (yield* System.System).inject("one", "throw")
      yield* events.next("ThreadStarted", ({ thread }) => thread === "two")
      assert.deepStrictEqual(yield* outcomes, atFirst)
    }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(together)))))

  it.live("D12: A layer may ask an actor of a thread that starts at the same time, and is answered.", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* (yield* Patient).Answer(), "pong")
    }).pipe(Effect.provide(quietly(System.layer(parallel)))))

  it.live("D12: Asks of layers go the same way on simulated threads.", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* outcomes, atFirst)
      assert.include(yield* (yield* Asker).Background(), { outcome: "pong" })
    }).pipe(Effect.provide(Layer.provide(Testing.layer(config), Logger.layer([])))))
})
