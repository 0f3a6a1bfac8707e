/** Nobody waits for the layer of a stranger. */
import { afterEach, assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config from "../fixtures/timing/config.ts"
import { Slow, Slower, Worker } from "../fixtures/timing/Worker.ts"
import { quietly, reason, thread, watch } from "./watching.ts"

afterEach(() => {
  delete process.env["HEDDLE_TEST_BUILD_MILLIS"]
})

const twoBuild = Effect.gen(function*() {
  process.env["HEDDLE_TEST_BUILD_MILLIS"] = "20000"
  const events = yield* watch
  yield* reason((yield* Slow).Exit())
  yield* reason((yield* Slower).Exit())
  yield* events.next("ThreadRestarting", ({ thread }) => thread === "slower")
  return events
})

for (
  const [what, happens] of [
    ["is restarted", Effect.flatMap(System.System, (system) => system.restart("worker"))],
    ["crashes", Effect.flatMap(Worker, (worker) => reason(worker.Exit()))],
    ["dies of a hang", Effect.flatMap(Worker, (worker) => reason(worker.Block({ millis: 60_000, thenDie: false })))]
  ] as const
) {
  it.live(`F19: Two layers take 20 s to build while a healthy thread ${what}: it is back before them.`, () =>
    Effect.gen(function*() {
      const events = yield* twoBuild
      yield* happens
      yield* (yield* Worker).Ping(undefined, { timeout: "15 seconds" })
      assert.strictEqual((yield* thread("slow")).state, "starting")
      assert.strictEqual((yield* thread("slower")).state, "starting")
      assert.isFalse((yield* events.soFar).some((event) => event._tag === "ThreadStarted" && event.thread !== "worker"))
    }).pipe(Effect.scoped, Effect.provide(quietly(System.layer(config)))))
}
