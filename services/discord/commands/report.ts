/** `/report` crawls a site in the background, and tells the channel when it is done. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Command from "../Command.ts"
import { Reports } from "../Deliveries.ts"
import { clip, plural } from "../words.ts"

const usualPages = 200

export default Command.make({
  name: "report",
  description: "Crawls a site of up to 1000 pages, and says here when it is done",
  locales: { de: { description: "Liest eine Website mit bis zu 1000 Seiten und meldet sich, wenn es fertig ist" } },
  options: {
    url: Schema.String.annotate({ description: "Where to begin, https://…" }),
    pages: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 })).annotate({ description: "Pages at most" })
    )
  },
  isWork: true,
  run: Effect.fnUntraced(function*({ channelId, options, user }) {
    const reports = yield* Reports
    const url = options.url.trim()
    const maxPages = options.pages ?? usualPages
    yield* reports.Crawl({ channelId, userId: user.id, url, maxPages }, { discard: true })
    return `I'll crawl <${clip(url, 200)}>, up to ${plural(maxPages, "page")}, and tell you here when it is done.`
  })
})
