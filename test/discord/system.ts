/** The bot on a thread of its own, with the actors that it asks. */
import { Actor, System, Thread } from "heddle"
import { DiscordBot } from "../../services/discord/DiscordBot.ts"
import { DiscordSandbox } from "../../services/discord/DiscordSandbox.ts"
import { Scraper } from "../../services/scraper/Scraper.ts"

export default System.make({
  module: import.meta.url,
  threads: {
    others: Thread.make({
      actors: [
        Actor.lazy(DiscordSandbox, () => import("../../services/discord/DiscordSandboxLayer.ts")),
        Actor.lazy(Scraper, () => import("../../services/scraper/ScraperLayer.ts"))
      ]
    }),
    bot: Thread.make({
      actors: [Actor.lazy(DiscordBot, () => import("../../services/discord/DiscordBotLayer.ts"))],
      watchdog: { stallAfter: "1 second" },
      onGiveUp: "quarantine"
    })
  }
})
