/** What `npm start` runs: a bot, a web server and a scraper, each on its own thread. */
import { Actor, Storage, System, Thread } from "heddle"
import * as bot from "./discord/bot.ts"
import { Deliveries, Reports } from "./discord/Deliveries.ts"
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
  () => import("./discord/commands/check.ts"),
  () => import("./discord/commands/ping.ts"),
  () => import("./discord/commands/help.ts")
] as const

// These promise something for later, and need a storage that keeps it.
const lasting = [
  ...commands,
  () => import("./discord/commands/remind.ts"),
  () => import("./discord/commands/report.ts")
] as const
const late = () => import("./discord/late.ts")

const shardCount = shards.countFrom(process.env)

/** The file that keeps what the bot has promised. Without it the bot promises nothing, and takes a thread less. */
const database = (process.env["SERVICES_STORAGE"] ?? "").trim()

const others = {
  // First to start and last to stop: it tells the others' health all the while.
  web: isOnDiscord ? webWithoutSandbox : web,
  ...(isOnDiscord ? {} : { sandbox }),
  scraper
}

export default database === ""
  ? System.make({
    module: import.meta.url,
    threads: {
      ...others,
      bot: Thread.make({ actors: [Actor.lazy(DiscordBot, bot.load(commands, shardCount))], ...alone }),
      ...bot.otherShards(commands, shardCount, alone)
    }
  })
  : System.make({
    module: import.meta.url,
    threads: {
      ...others,
      bot: Thread.make({
        actors: [
          Actor.lazy(DiscordBot, bot.load(lasting, shardCount, late)),
          Actor.lazy(Deliveries, () => import("./discord/DeliveriesLayer.ts")),
          Actor.lazy(Reports, () => import("./discord/ReportsLayer.ts"))
        ],
        ...alone
      }),
      ...bot.otherShards(lasting, shardCount, alone, late)
    },
    storage: Storage.sqlite(database)
  })
