/** A scraper on its own thread, as `services/config.ts` has it. */
import { Actor, System, Thread } from "heddle"
import { Scraper } from "../../services/scraper/Scraper.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    scraper: Thread.make({
      actors: [Actor.lazy(Scraper, () => import("../../services/scraper/ScraperLayer.ts"))],
      resourceLimits: { maxOldGenerationSizeMb: 256 }
    })
  }
})
