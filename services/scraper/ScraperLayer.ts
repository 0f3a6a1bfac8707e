/** Fetches pages over undici, as the settings say. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Actor } from "heddle"
import { hasSafeBrotli, warning as brotliWarning } from "../brotli.ts"
import * as Cache from "./cache.ts"
import * as Connections from "./connections.ts"
import * as Crawls from "./crawls.ts"
import * as Pages from "./pages.ts"
import { Scraper } from "./Scraper.ts"
import * as Settings from "./settings.ts"
import * as Storage from "./storage.ts"
import * as Watch from "./watch.ts"

/**
 * Many at once, most of which wait for one of the scraper's slots (`SCRAPER_CONCURRENCY`): so `Status` answers while all
 * slots are busy.
 */
const concurrency = 256

/** Once, and not again with each restart. */
const warnOfBrotli = Effect.flatMap(
  Actor.Current,
  ({ incarnation }) =>
    incarnation > 1 || hasSafeBrotli(process.versions.node)
      ? Effect.void
      : Effect.logWarning(brotliWarning(process.versions.node))
)

export default Scraper.toLayer(
  Effect.gen(function*() {
    const settings = yield* Settings.read
    yield* warnOfBrotli
    const http = yield* Layer.build(Layer.provide(NodeHttpClient.layerUndiciNoDispatcher, Connections.layer(settings)))
    const { cache: folder } = settings
    const cache = folder === undefined ? undefined : yield* Cache.make({ ...settings, cache: folder })
    const pages = yield* Effect.provide(Pages.make(settings, cache), http)
    const watch = Watch.make()
    const crawl = Crawls.make(settings, pages, yield* Storage.make(settings), watch)
    return Scraper.of({
      Fetch: (request) => pages.fetch(request),
      Crawl: crawl,
      Status: () => Effect.sync(() => ({ ...pages.counters(), crawls: watch.running() }))
    })
  }),
  { concurrency }
)
