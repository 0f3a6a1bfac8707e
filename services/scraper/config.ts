/** A scraper and nothing else, for programs that crawl. */
import { Actor, System, Thread } from "heddle"
import { Scraper } from "./Scraper.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    scraper: Thread.make({
      actors: [Actor.lazy(Scraper, () => import("./ScraperLayer.ts"))],
      resourceLimits: { maxOldGenerationSizeMb: 512 }
    })
  }
})
