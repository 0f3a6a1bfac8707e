/** The shipped services, set up to be killed every few seconds: quick to come back, and never given up. */
import { Actor, System, Thread } from "heddle"
import * as Dashboard from "heddle/Dashboard"
import { DiscordBot } from "../../../services/discord/DiscordBot.ts"
import { DiscordSandbox } from "../../../services/discord/DiscordSandbox.ts"
import { Scraper } from "../../../services/scraper/Scraper.ts"

const options = {
  restart: { backoff: { min: "50 millis", max: "500 millis" }, limit: { failures: 1_000_000 } },
  watchdog: { stallAfter: "1 second" },
  resourceLimits: { maxOldGenerationSizeMb: 96 }
} as const

export default System.make({
  module: import.meta.url,
  threads: {
    web: Thread.make({
      actors: [Dashboard.make({ panels: () => import("../../../services/web/panels.ts") })],
      ...options
    }),
    sandbox: Thread.make({
      actors: [Actor.lazy(DiscordSandbox, () => import("../../../services/discord/DiscordSandboxLayer.ts"))],
      ...options
    }),
    scraper: Thread.make({
      actors: [Actor.lazy(Scraper, () => import("../../../services/scraper/ScraperLayer.ts"))],
      ...options
    }),
    bot: Thread.make({
      actors: [Actor.lazy(DiscordBot, () => import("../../../services/discord/DiscordBotLayer.ts"))],
      ...options
    })
  }
})
