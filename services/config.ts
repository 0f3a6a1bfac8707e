/** What `npm start` runs: a bot, a web server and a scraper, each on its own thread. */
import { Actor, System, Thread } from "heddle"
import * as bot from "./discord/bot.ts"
import { DiscordBot } from "./discord/DiscordBot.ts"
import * as shards from "./discord/shards.ts"
import { alone, sandbox, scraper, web, webWithoutSandbox } from "./threads.ts"

const isOnDiscord = (process.env["DISCORD_TOKEN"] ?? "").trim() !== ""

// Without a token the bot is on the sandbox, where only the operator of this machine can talk to it: then it may fetch
// this machine's own pages. On the real Discord everybody could look behind the firewall through it.
if (!isOnDiscord) process.env["SCRAPER_ALLOW_LOOPBACK"] ??= "true"

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
    web: isOnDiscord ? webWithoutSandbox : web,
    ...(isOnDiscord ? {} : { sandbox }),
    scraper,
    bot: Thread.make({ actors: [Actor.lazy(DiscordBot, bot.load(commands, shardCount))], ...alone }),
    ...bot.otherShards(commands, shardCount, alone)
  }
})
