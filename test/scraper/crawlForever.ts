/** A process to be killed: crawls the tree of `crawl.test.ts`. Arguments: where to keep the crawl, the seed, its host. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Crawls from "../../services/scraper/crawls.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { scraper } from "./site.ts"

const [data = "", seed = "", host = ""] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const pages = yield* scraper([{ host }], { SCRAPER_ROBOTS: "false" })
  const crawl = Crawls.make({ crawlConcurrency: 1 }, pages, yield* Storage.make({ data }))
  yield* Stream.runDrain(crawl({ seeds: [seed], maxPages: 30, maxDepth: 100 }))
})

await Effect.runPromise(Effect.scoped(program))
