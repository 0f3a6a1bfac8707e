/** The settings in force, as the dashboard shows them. */
import { assert, describe, it } from "@effect/vitest"
import { Actor, System, Thread } from "heddle"
import { settingsOf } from "../../src/control/settings.ts"

class One extends Actor.Service<One>()("One", []) {}
class Two extends Actor.Service<Two>()("Two", []) {}

const lazy = (actor: Actor.Any) => ({ actor, load: () => Promise.resolve({}) })

const { topology } = System.make({
  module: import.meta.url,
  strategy: "rest-for-one",
  shutdownTimeout: "7 seconds",
  threads: {
    pool: Thread.make({
      actors: [lazy(One)],
      instances: 3,
      recycle: { after: 100 },
      resourceLimits: { maxOldGenerationSizeMb: 64 }
    }),
    plain: Thread.make({ actors: [lazy(Two)], restart: { limit: { resetAfter: "2 minutes" } } })
  }
})

describe("settings", () => {
  it("W4: The settings are those that were declared, with all defaults, once for all instances.", () => {
    const { system, threads } = settingsOf(topology, {})
    assert.deepInclude(Object.fromEntries(system.settings), { strategy: "rest-for-one", shutdownTimeout: "7 s" })
    assert.deepStrictEqual(threads.map(({ title }) => title), ["pool", "plain"])
    const [pool, plain] = threads.map(({ settings }) => Object.fromEntries(settings))
    assert.deepInclude(pool, { instances: "3", isolation: "thread", restart: "on-failure" })
    assert.include(pool?.["recycle"], "\"after\":100")
    assert.include(pool?.["resourceLimits"], "64")
    assert.deepInclude(plain, { instances: "1", recycle: "never", limit: "5 failures, forgotten after 120 s" })
  })

  it("W4: Of the environment only what heddle and its exporter read is shown, and nothing that opens something.", () => {
    const { environment } = settingsOf(topology, {
      HEDDLE_TOKEN: "opens",
      HEDDLE_LOG: "json",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=opens",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:opens@collector:4318",
      OTEL_SERVICE_NAME: "shop",
      DATABASE_URL: "postgres://opens",
      PORT: "4000"
    })
    assert.deepStrictEqual(environment.settings, [
      ["HEDDLE_LOG", "json"],
      ["HEDDLE_TOKEN", "set, and not shown"],
      ["OTEL_EXPORTER_OTLP_ENDPOINT", "set, and not shown"],
      ["OTEL_EXPORTER_OTLP_HEADERS", "set, and not shown"],
      ["OTEL_SERVICE_NAME", "shop"],
      ["PORT", "4000"]
    ])
  })
})
