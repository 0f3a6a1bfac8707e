/** The bot with the commands that are shipped. A bot with others is declared by `bot.load`. */
import { layerOf } from "./botLayer.ts"
import check from "./commands/check.ts"
import crawl from "./commands/crawl.ts"
import health from "./commands/health.ts"
import help from "./commands/help.ts"
import ping from "./commands/ping.ts"
import scrape from "./commands/scrape.ts"
import { DiscordBot } from "./DiscordBot.ts"
import { countFrom } from "./shards.ts"

const shard = { id: 0, count: countFrom(process.env) }

export default layerOf(DiscordBot, shard, [health, scrape, crawl, check, ping, help])
