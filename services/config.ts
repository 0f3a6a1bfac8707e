/** What `npm start` runs: a bot, a web server and a scraper, each on its own thread. */
import { Actor, System, Thread } from "heddle"
import * as bot from "./discord/bot.ts"
import { DiscordBot } from "./discord/DiscordBot.ts"
import { DiscordSandbox } from "./discord/DiscordSandbox.ts"
import * as shards from "./discord/shards.ts"
import { Scraper } from "./scraper/Scraper.ts"
import { WebServer } from "./web/WebServer.ts"

// Without a token the bot is on the sandbox, where only the operator of this machine can talk to it: then it may fetch
// this machine's own pages. On the real Discord everybody could look behind the firewall through it.
if ((process.env["DISCORD_TOKEN"] ?? "").trim() === "") process.env["SCRAPER_ALLOW_LOOPBACK"] ??= "true"

const resourceLimits = { maxOldGenerationSizeMb: 256 }
// One that is given up stays down, and the page says why; the others, and the page itself, run on.
const alone = { resourceLimits, onGiveUp: "quarantine" } as const

// Each in a file of its own: a command of yours is one more line.
const commands = [
  () => import("./discord/commands/health.ts"),
  () => import("./discord/commands/scrape.ts"),
  () => import("./discord/commands/crawl.ts"),
  () => import("./discord/commands/ping.ts"),
  () => import("./discord/commands/help.ts")
] as const

const shardCount = shards.countFrom(process.env)

export default System.make({
  module: import.meta.url,
  threads: {
    // First to start and last to stop: it tells the others' health all the while.
    web: Thread.make({ actors: [Actor.lazy(WebServer, () => import("./web/WebServerLayer.ts"))], resourceLimits }),
    sandbox: Thread.make({
      actors: [Actor.lazy(DiscordSandbox, () => import("./discord/DiscordSandboxLayer.ts"))],
      ...alone
    }),
    scraper: Thread.make({
      actors: [Actor.lazy(Scraper, () => import("./scraper/ScraperLayer.ts"))],
      ...alone,
      // Sixteen of the worst pages at a time take 250.
      resourceLimits: { maxOldGenerationSizeMb: 512 }
    }),
    bot: Thread.make({ actors: [Actor.lazy(DiscordBot, bot.load(commands, shardCount))], ...alone }),
    ...bot.otherShards(commands, shardCount, alone)
  }
})
