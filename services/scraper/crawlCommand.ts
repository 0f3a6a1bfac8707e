/**
 * `npm run crawl -- https://example.com/ --out pages.jsonl`: crawls a site from the command line; with `--tor`, through Tor.
 *
 * Interrupted, the same command goes on where it was. Exit code 1 when the crawl could not be made.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { System } from "heddle"
import { readFileSync } from "node:fs"
import { basename, dirname } from "node:path"
import { parseArgs } from "node:util"
import config from "./config.ts"
import * as LocalTor from "./localTor.ts"
import { CrawlRequest, Scraper } from "./Scraper.ts"

const usage = `npm run crawl -- ADDRESS… [options]
  --out FILE         write what is found to FILE (.jsonl or .csv); otherwise each page is a line of JSON on standard output
  --select FILE      a JSON file with { "each": …, "fields": … }: items by CSS selectors instead of pages
  --max-pages N      default 100        --max-depth N      default 3
  --include PATTERN  --exclude PATTERN  as in robots.txt; may be repeated
  --sitemaps         read the site's sitemaps
  --fresh            begin again instead of going on
  --tor              go through a Tor on this machine, which is started if none runs
All other settings are variables of the environment: see services/README.md.`

const options = {
  "out": { type: "string" },
  "select": { type: "string" },
  "max-pages": { type: "string" },
  "max-depth": { type: "string" },
  "include": { type: "string", multiple: true },
  "exclude": { type: "string", multiple: true },
  "sitemaps": { type: "boolean" },
  "fresh": { type: "boolean" },
  "tor": { type: "boolean" },
  "help": { type: "boolean" }
} as const

/** What the command line asks for; throws with a sentence what can't be read. */
const read = () => {
  const { positionals, values } = parseArgs({ options, allowPositionals: true })
  if (values.help === true || positionals.length === 0) return undefined
  const given = {
    seeds: positionals,
    summary: true,
    ...(values["max-pages"] === undefined ? {} : { maxPages: Number(values["max-pages"]) }),
    ...(values["max-depth"] === undefined ? {} : { maxDepth: Number(values["max-depth"]) }),
    ...(values.include === undefined ? {} : { include: values.include }),
    ...(values.exclude === undefined ? {} : { exclude: values.exclude }),
    ...(values.sitemaps === undefined ? {} : { sitemaps: values.sitemaps }),
    ...(values.fresh === undefined ? {} : { fresh: values.fresh }),
    ...(values.select === undefined ? {} : { select: JSON.parse(readFileSync(values.select, "utf8")) }),
    ...(values.out === undefined ? {} : { export: basename(values.out) })
  }
  if (values.out !== undefined) process.env["SCRAPER_RESULTS"] = dirname(values.out)
  return {
    tor: values.tor === true,
    prints: values.out === undefined,
    request: Schema.decodeUnknownSync(CrawlRequest)(given)
  }
}

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const crawl = Effect.fnUntraced(function*(request: CrawlRequest, prints: boolean) {
  const scraper = yield* Scraper
  let saidAt = 0
  yield* Stream.runForEach(scraper.Crawl(request), (found) =>
    Effect.sync(() => {
      if (prints && found._tag === "Fetched") {
        const { items, page } = { items: found.page.items, page: found.page }
        for (const row of items ?? [page]) process.stdout.write(`${JSON.stringify(row)}\n`)
      }
      if (found._tag === "Failed") say(found.failure.message)
      if (found._tag !== "Ended" && performance.now() - saidAt < 2000) return
      saidAt = performance.now()
      const { failed, fetched, queued } = found.progress
      const skipped = Object.entries(found.skipped ?? {}).map(([reason, count]) => `${count} ${reason}`).join(", ")
      say(`${fetched} fetched, ${failed} failed, ${queued} queued${skipped === "" ? "" : `, skipped: ${skipped}`}`)
    }))
})

const program = Effect.gen(function*() {
  const asked = yield* Effect.try({
    try: read,
    catch: (error) => new Error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
  })
  if (asked === undefined) return say(usage)
  if (asked.tor) {
    process.env["SCRAPER_PROXY"] = yield* LocalTor.find(".heddle/tor")
    say("going through Tor")
  }
  yield* Effect.provide(crawl(asked.request, asked.prints), Layer.provide(System.layer(config), Logger.layer([])))
}).pipe(
  Effect.scoped,
  Effect.catch((error) =>
    Effect.sync(() => {
      say(`crawl: ${error.message}`)
      process.exitCode = 1
    })
  )
)

NodeRuntime.runMain(program)
