/** The services as threads, for a config of one's own: `System.make({ module: import.meta.url, threads: { scraper } })`. */
import { Actor, Thread } from "heddle"
import * as Dashboard from "heddle/Dashboard"
import { DiscordSandbox } from "./discord/DiscordSandbox.ts"
import { Scraper } from "./scraper/Scraper.ts"

/** The young generation is small: the services wait for networks most of the time, and it saves 10 MB a thread. */
const resourceLimits = { maxYoungGenerationSizeMb: 3, maxOldGenerationSizeMb: 256 }

/** One that is given up stays down, and the page says why; the others, and the page itself, run on. */
export const alone = { resourceLimits, onGiveUp: "quarantine" } as const

const dashboard = Dashboard.make({ panels: () => import("./web/panels.ts") })
const discordSandbox = Actor.lazy(DiscordSandbox, () => import("./discord/DiscordSandboxLayer.ts"))

/** Health, control and the dashboard. It asks sandbox, scraper and bot, so they are declared with it. */
export const web = Thread.make({ actors: [dashboard], resourceLimits })

export const sandbox = Thread.make({ actors: [discordSandbox], ...alone })

/** Both, for a bot on the real Discord: a sandbox that is off needs no thread of its own, which would take 15 to 40 MB. */
export const webWithoutSandbox = Thread.make({ actors: [discordSandbox, dashboard], resourceLimits })

export const scraper = Thread.make({
  actors: [Actor.lazy(Scraper, () => import("./scraper/ScraperLayer.ts"))],
  ...alone,
  // Sixteen of the worst pages at a time take 250.
  resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 }
})
