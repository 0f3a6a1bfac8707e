/** The services as threads, for a config of one's own: `System.make({ module: import.meta.url, threads: { scraper } })`. */
import { Actor, Thread } from "heddle"
import { DiscordSandbox } from "./discord/DiscordSandbox.ts"
import { Scraper } from "./scraper/Scraper.ts"
import { WebServer } from "./web/WebServer.ts"

/** The young generation is small: the services wait for networks most of the time, and it saves 10 MB a thread. */
const resourceLimits = { maxYoungGenerationSizeMb: 3, maxOldGenerationSizeMb: 256 }

/** One that is given up stays down, and the page says why; the others, and the page itself, run on. */
export const alone = { resourceLimits, onGiveUp: "quarantine" } as const

/** Health, control and the dashboard. It asks sandbox, scraper and bot, so they are declared with it. */
export const web = Thread.make({
  actors: [Actor.lazy(WebServer, () => import("./web/WebServerLayer.ts"))],
  resourceLimits
})

export const sandbox = Thread.make({
  actors: [Actor.lazy(DiscordSandbox, () => import("./discord/DiscordSandboxLayer.ts"))],
  ...alone
})

export const scraper = Thread.make({
  actors: [Actor.lazy(Scraper, () => import("./scraper/ScraperLayer.ts"))],
  ...alone,
  // Sixteen of the worst pages at a time take 250.
  resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 }
})
