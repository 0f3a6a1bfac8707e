/** `npx heddle start services/uptime/config.ts`: the uptime watcher and the scraper that it asks. */
import { Actor, System, Thread } from "heddle"
import { Scraper } from "../scraper/Scraper.ts"
import { Uptime } from "./Uptime.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    scraper: Thread.make({ actors: [Actor.lazy(Scraper, () => import("../scraper/ScraperLayer.ts"))] }),
    uptime: Thread.make({ actors: [Actor.lazy(Uptime, () => import("./UptimeLayer.ts"))] })
  }
})
