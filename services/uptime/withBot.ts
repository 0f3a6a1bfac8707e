/** `npx heddle start services/uptime/withBot.ts`: the uptime watcher, and a bot that is asked about it. */
import { Actor, System, Thread } from "heddle"
import * as bot from "../discord/bot.ts"
import { DiscordBot } from "../discord/DiscordBot.ts"
import { DiscordSandbox } from "../discord/DiscordSandbox.ts"
import { Scraper } from "../scraper/Scraper.ts"
import { Uptime } from "./Uptime.ts"

const commands = [
  () => import("../discord/commands/help.ts"),
  () => import("./command.ts")
] as const

export default System.make({
  module: import.meta.url,
  threads: {
    sandbox: Thread.make({ actors: [Actor.lazy(DiscordSandbox, () => import("../discord/DiscordSandboxLayer.ts"))] }),
    scraper: Thread.make({ actors: [Actor.lazy(Scraper, () => import("../scraper/ScraperLayer.ts"))] }),
    uptime: Thread.make({ actors: [Actor.lazy(Uptime, () => import("./UptimeLayer.ts"))] }),
    bot: Thread.make({ actors: [Actor.lazy(DiscordBot, bot.load(commands))] })
  }
})
