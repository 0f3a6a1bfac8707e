/** Looks at each address by the scraper, as often as the settings say. */
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Actor } from "heddle"
import { Scraper } from "../scraper/Scraper.ts"
import { Health, Uptime } from "./Uptime.ts"

const settings = Config.all({
  urls: Config.withDefault(Config.String("UPTIME_URLS"), ""),
  every: Config.withDefault(Config.Duration("UPTIME_EVERY"), Duration.minutes(1))
})

export default Uptime.toLayer(Effect.gen(function*() {
  const scraper = yield* Scraper
  // A wrong setting stays wrong: no restart would help.
  const { every, urls } = yield* Effect.catch(settings, Actor.fatal)
  // Known again after a crash, so that nothing is told twice.
  const kept = yield* Actor.kept(Schema.Array(Health))
  const known = new Map(Option.getOrElse(kept.previous, () => []).map((health) => [health.url, health]))
  const changes = yield* PubSub.sliding<Health>(256)

  const look = Effect.fnUntraced(function*(url: string) {
    const { up, why } = yield* Effect.match(scraper.Fetch({ url }, { timeout: "1 minute" }), {
      onSuccess: () => ({ up: true, why: "" }),
      onFailure: (error) => ({ up: false, why: error.message })
    })
    if (known.get(url)?.up === up) return
    const health = { url, up, why, sinceMillis: yield* Clock.currentTimeMillis }
    known.set(url, health)
    yield* kept.set([...known.values()])
    yield* Effect.log(up ? `${url} is up` : `${url} is down: ${why}`)
    yield* PubSub.publish(changes, health)
  })
  yield* Effect.forEach(urls.split(",").map((url) => url.trim()).filter((url) => url !== ""), look, {
    concurrency: 8,
    discard: true
  }).pipe(Effect.andThen(Effect.sleep(every)), Effect.forever, Actor.background)

  return Uptime.of({
    Status: () => Effect.sync(() => [...known.values()]),
    Changes: () => Stream.fromPubSub(changes)
  })
}))
