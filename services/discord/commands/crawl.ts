/** `/crawl` follows the links of a site. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Scraper, type Skipped } from "../../scraper/Scraper.ts"
import * as Command from "../Command.ts"
import { explainActor } from "../explain.ts"
import { clip, plain, plural } from "../words.ts"

const maxCrawled = 50
const shownPages = 5

export default Command.make({
  name: "crawl",
  description: "Follows the links of a site, up to 50 pages",
  locales: { de: { description: "Folgt den Links einer Website, bis zu 50 Seiten" } },
  options: { url: Schema.String.annotate({ description: "Where to begin, https://…" }) },
  isWork: true,
  run: Effect.fnUntraced(function*({ options, progress: show }) {
    const url = options.url.trim()
    const scraper = yield* Scraper
    const titles: Array<string> = []
    let progress = { fetched: 0, failed: 0, queued: 0 }
    let skipped: Skipped | undefined
    const soFar = () => `${plural(progress.fetched, "page")} read, ${progress.failed} failed${describeSkipped(skipped)}`
    return yield* scraper.Crawl({ seeds: [url], maxPages: maxCrawled, summary: true }).pipe(
      Stream.runForEach((item) =>
        Effect.suspend(() => {
          progress = item.progress
          skipped = item.skipped
          if (item._tag === "Fetched" && titles.length < shownPages) {
            titles.push(`- ${plain(clip(item.page.title, 100))} <${clip(item.page.finalUrl, 200)}>`)
          }
          return show(`Crawling <${clip(url, 200)}>: ${soFar()}, ${progress.queued} to go.`)
        })
      ),
      // An interaction can be answered for 15 minutes.
      Effect.timeoutOption("10 minutes"),
      Effect.match({
        onSuccess: (ended) =>
          [
            `**Crawl of <${clip(url, 200)}>**: ${soFar()}` +
            (Option.isSome(ended)
              ? "."
              : ` in ten minutes, ${progress.queued} to go. Give the command again to go on.`),
            ...titles
          ].join("\n"),
        onFailure: (error) =>
          error._tag === "CrawlFailed"
            ? `I could not crawl <${clip(url, 200)}>: ${clip(error.detail, 300)}`
            : `${explainActor(error)} So far: ${soFar()}; the same command goes on from there.`
      })
    )
  })
})

const describeSkipped = (skipped: Skipped = {}): string => {
  const reasons = skipWords.flatMap(([reason, words]) => {
    const count = skipped[reason] ?? 0
    return count === 0 ? [] : [`${count} ${words}`]
  })
  return reasons.length === 0 ? "" : `, left out: ${reasons.join(", ")}`
}

const skipWords: ReadonlyArray<readonly [reason: keyof Skipped, words: string]> = [
  ["robots", "that robots.txt forbids"],
  ["type", "that are no pages"],
  ["blocked", "that are not open to me"],
  ["offHost", "on other sites"],
  ["duplicate", "that lead to a page I have"],
  ["depth", "too far from the start"],
  ["nofollow", "that ask not to be followed"],
  ["trap", "in endless rows of pages"],
  ["limit", "beyond my limit"]
]
