/** `/scrape` fetches a page and says what is on it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type FetchFailed, type Page, Scraper } from "../../scraper/Scraper.ts"
import * as Command from "../Command.ts"
import { clip, plain, plural } from "../words.ts"

const shownLinks = 5

export default Command.make({
  name: "scrape",
  description: "Fetches a page and says what is on it",
  locales: { de: { description: "Holt eine Seite und sagt, was darauf steht" } },
  options: { url: Schema.String.annotate({ description: "The page's address, https://…" }) },
  isWork: true,
  run: Effect.fnUntraced(function*({ options: { url } }) {
    const scraper = yield* Scraper
    return yield* scraper.Fetch({ url: url.trim() }, { timeout: "2 minutes" }).pipe(
      Effect.map(describePage),
      Effect.catchTag("FetchFailed", (error) => Effect.succeed(explainFetch(error)))
    )
  })
})

const describePage = ({ finalUrl, links, status, title, truncated }: Page): string =>
  [
    `**${title === "" ? "(no title)" : plain(clip(title, 200))}**`,
    `<${clip(finalUrl, 200)}> answered ${status} and has ${plural(links.length + (truncated?.links ?? 0), "link")}` +
    (links.length === 0 ? "." : links.length <= shownLinks ? ":" : `, among them:`),
    ...links.slice(0, shownLinks).map((link) => `- <${clip(link, 200)}>`)
  ].join("\n")

const explainFetch = ({ detail, failedBy, reason, retryable, url }: FetchFailed): string =>
  `I could not read <${clip(url, 200)}>: ${failedBy === "Proxy" ? proxyFailed : fetchReasons[reason]} ` +
  `(${clip(detail, 300)})` +
  (retryable ? " It may work if you try again in a minute." : "")

const fetchReasons: Readonly<Record<FetchFailed["reason"], string>> = {
  InvalidUrl: "that is no web address I can use. Write it in full, like `https://example.com`.",
  Blocked: "that address is not open to me, because it belongs to a private network. Try a public page.",
  Robots: "the site's robots.txt asks programs like me to stay away. Open the page yourself.",
  Unreachable: "the site could not be reached. Check the address.",
  TimedOut: "the site took too long to answer.",
  TooLarge: "the page is larger than I may read.",
  ContentType: "it is not a web page. Ask me for an HTML or text page.",
  TooManyRedirects: "it redirects round and round.",
  Status: "the site answered with an error.",
  Malformed: "the site's answer makes no sense.",
  InvalidRequest: "I asked for it in a way that makes no sense. That is my operator's mistake."
}

const proxyFailed = "the proxy that I go through failed. The site may be fine."
