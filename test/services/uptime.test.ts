/** The example of services/README.md, in a system without threads and on real ones. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import * as Testing from "heddle/Testing"
import { vi } from "vitest"
import config from "../../services/uptime/config.ts"
import { Uptime } from "../../services/uptime/Uptime.ts"
import { site } from "../scraper/site.ts"

const watched = Effect.gen(function*() {
  const state = { up: true }
  const local = yield* site((request, response) => {
    response.statusCode = request.url === "/robots.txt" ? 404 : state.up ? 200 : 500
    response.setHeader("content-type", "text/html")
    response.end("<title>x</title>")
  })
  const set = {
    UPTIME_URLS: local.url("/"),
    UPTIME_EVERY: "50 millis",
    SCRAPER_ALLOW_ORIGINS: local.host,
    SCRAPER_HOST_DELAY: "0 millis",
    SCRAPER_RETRIES: "0"
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => Object.entries(set).forEach(([name, value]) => vi.stubEnv(name, value))),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )
  return { url: local.url("/"), state }
})

const known = (up: boolean) =>
  Effect.flatMap(Uptime, (uptime) =>
    uptime.Status().pipe(
      Effect.delay("20 millis"),
      Effect.repeat({ until: (all) => all[0]?.up === up }),
      Effect.timeout("10 seconds")
    ))

it.live("The uptime service reports when an address goes down and comes back.", () =>
  Effect.gen(function*() {
    const { state, url } = yield* watched
    yield* Effect.gen(function*() {
      const uptime = yield* Uptime
      yield* known(true)
      const heard: Array<boolean> = []
      yield* Effect.forkScoped(Stream.runForEach(uptime.Changes(), ({ up }) => Effect.sync(() => heard.push(up))))
      // Nobody says when the stream is being read; from then on each change is heard.
      while (heard.length < 4) {
        state.up = false
        const [down] = yield* known(false)
        assert.include(down?.why, "500")
        state.up = true
        yield* known(true)
      }
      assert.deepStrictEqual(heard, heard.map((_, i) => heard[0] === (i % 2 === 0)))
      assert.deepInclude((yield* uptime.Status())[0], { url, up: true, why: "" })
    }).pipe(Effect.provide(Testing.layer(config)))
  }))

it.live("The uptime service knows after a crash of its thread since when an address is up.", () =>
  Effect.gen(function*() {
    yield* watched
    yield* Effect.gen(function*() {
      const system = yield* System.System
      const before = yield* known(true)
      yield* system.restart("uptime")
      assert.deepStrictEqual(yield* known(true), before)
    }).pipe(Effect.provide(System.layer(config)))
  }))
