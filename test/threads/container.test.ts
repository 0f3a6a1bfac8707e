import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { System } from "heddle"
import config, { Tenant } from "../fixtures/container/config.ts"
import { quietly, thread, watch } from "./watching.ts"

layer(quietly(System.layer(config)), { excludeTestServices: true, timeout: "1 minute" })(
  "in a container without /proc",
  (it) => {
    it.effect("F1: A thread lives on when it is asked how it is, and so does its successor.", () =>
      Effect.gen(function*() {
        const system = yield* System.System
        const tenant = yield* Tenant
        const events = yield* watch
        // Each call is work, after which the supervisor asks the thread for what it has counted, and for its heap.
        const asked = Effect.andThen(tenant.Work(), Effect.delay(thread("cell"), 20)).pipe(
          Effect.repeat({ until: ({ heapUsedBytes }) => heapUsedBytes > 1_000_000 })
        )
        assert.strictEqual((yield* asked).incarnation, 1)
        yield* system.inject("cell", "throw")
        yield* events.next("ThreadStarted", ({ incarnation }) => incarnation === 2)
        assert.strictEqual((yield* asked).incarnation, 2)
      }))
  }
)
