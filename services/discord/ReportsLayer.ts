/** Crawls in the background, and tells what came of it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Scraper } from "../scraper/Scraper.ts"
import { Reports } from "./Deliveries.ts"
import { DiscordBot, PostFailed } from "./DiscordBot.ts"
import { say } from "./posting.ts"
import { clip, plain, plural } from "./words.ts"

const shownPages = 10

export default Reports.toLayer(
  Effect.gen(function*() {
    const bot = yield* DiscordBot
    const scraper = yield* Scraper

    /** Crawls, and puts what came of it in words. A scraper that is away ends the attempt: the next one goes on from there. */
    const crawled = (url: string, maxPages: number) =>
      Effect.suspend(() => {
        const titles: Array<string> = []
        let progress = { fetched: 0, failed: 0 }
        return scraper.Crawl({ seeds: [url], maxPages, maxDepth: 100, summary: true }).pipe(
          Stream.runForEach((item) =>
            Effect.sync(() => {
              progress = item.progress
              if (item._tag === "Fetched" && titles.length < shownPages) {
                titles.push(`- ${plain(clip(item.page.title, 100))} <${clip(item.page.finalUrl, 100)}>`)
              }
            })
          ),
          Effect.map(() => {
            const { failed, fetched } = progress
            return [
              `the crawl of <${clip(url, 200)}> is done: ${plural(fetched, "page")} read, ${failed} failed.`,
              ...titles
            ].join("\n")
          }),
          Effect.catchTags({
            CrawlFailed: ({ detail, reason }) =>
              reason === "Running" || reason === "Storage"
                ? new PostFailed({ status: 0, detail })
                : Effect.succeed(`I could not crawl <${clip(url, 200)}>: ${clip(detail, 300)}`),
            ActorError: ({ message }) => new PostFailed({ status: 0, detail: message })
          })
        )
      })

    return Reports.of({
      Crawl: ({ channelId, maxPages, url, userId }) =>
        Effect.flatMap(crawled(url, maxPages), (words) =>
          Effect.provideService(
            say({ channelId, content: clip(`<@${userId}>, ${words}`, 2000), mentions: [userId] }),
            DiscordBot,
            bot
          ))
    })
  }),
  { concurrency: 2 }
)
