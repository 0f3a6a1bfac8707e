/** The shipped services, for a bot on the real Discord, on one thread. */
import { Actor, System, Thread } from "heddle"
import * as Dashboard from "heddle/Dashboard"
import * as bot from "../../services/discord/bot.ts"
import { DiscordBot } from "../../services/discord/DiscordBot.ts"
import { DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import { Scraper } from "../../services/scraper/Scraper.ts"

const commands = [
  () => import("../../services/discord/commands/health.ts"),
  () => import("../../services/discord/commands/scrape.ts"),
  () => import("../../services/discord/commands/crawl.ts"),
  () => import("../../services/discord/commands/ping.ts"),
  () => import("../../services/discord/commands/help.ts")
] as const

export default System.make({
  module: import.meta.url,
  threads: {
    all: Thread.make({
      actors: [
        Actor.lazy(DiscordSandbox, () => import("../../services/discord/DiscordSandboxLayer.ts")),
        Dashboard.make({ panels: () => import("../../services/web/panels.ts") }),
        Actor.lazy(Scraper, () => import("../../services/scraper/ScraperLayer.ts")),
        Actor.lazy(DiscordBot, bot.load(commands))
      ],
      resourceLimits: { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 512 }
    })
  }
})
