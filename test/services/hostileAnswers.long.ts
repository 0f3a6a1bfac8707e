/**
 * 14.1: whatever a site answers, a fetch of it ends as a page or as a failure that is declared, and never as a fault of the
 * scraper's: that would restart it, with everybody's pages. A thousand answers are put together from hostile parts.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { gzipSync } from "node:zlib"
import * as Crawls from "../../services/scraper/crawls.ts"
import { FetchFailed } from "../../services/scraper/Scraper.ts"
import * as Storage from "../../services/scraper/storage.ts"
import { scraper, site, tcp } from "../scraper/site.ts"
import { promised } from "./longestTurn.ts"

const odd = [
  "",
  " ",
  "\t",
  ";",
  ",",
  "=",
  "\"",
  "%",
  "%00",
  "%zz",
  "__proto__",
  "constructor",
  "\u00e4\u00ff",
  "-1",
  "1e999",
  "NaN",
  "9".repeat(400),
  "[::1%25eth0]",
  "fe80::1%eth0",
  "[",
  "http://[fe80::1%25lo]/",
  "http://user@:80/",
  "//",
  "///x",
  "http:",
  "\\\\x",
  "javascript:1",
  "data:text/html,x",
  "utf-7",
  "x-user-defined",
  "iso-8859-16",
  "iso-2022-kr",
  "replacement",
  "utf-16",
  "gb18030"
]
const words = fc.array(fc.oneof(fc.constantFrom(...odd), fc.string({ maxLength: 12 })), { maxLength: 4 })
  .map((all) => all.join("").replace(/[\r\n\0]/g, " "))

const header = fc.tuple(
  fc.constantFrom(
    "content-type",
    "content-type",
    "location",
    "set-cookie",
    "x-robots-tag",
    "retry-after",
    "date",
    "content-encoding",
    "refresh",
    "link",
    "etag",
    "content-language",
    "connection",
    "__proto__"
  ),
  fc.oneof(
    words,
    words.map((value) => `text/html; charset=${value}`),
    words.map((value) => `a=b; Domain=${value}; Path=${value}; Expires=${value}; Max-Age=${value}`),
    fc.constantFrom("text/html", "text/xml", "text/plain", "gzip", "deflate", "br", "zstd", "gzip, gzip", "identity"),
    fc.constantFrom("/", "/next", "//127.0.0.1:1/", "http://a..b/", "http://%41/", "?\u00e4", "#")
  )
).map(([name, value]) => `${name}: ${value}\r\n`)

const piece = fc.oneof(
  words,
  words.map((value) => `<a href="${value}" rel="${value}">`),
  words.map((value) => `<base href="${value}">`),
  words.map((value) =>
    `<meta charset="${value}"><meta http-equiv="content-type" content="text/html; charset=${value}">`
  ),
  words.map((value) => `<meta http-equiv=refresh content="0;url=${value}">`),
  words.map((value) => `<meta name=robots content="${value}"><link rel=canonical href="${value}">`),
  words.map((value) =>
    `<?xml version="1.0" encoding="${value}"?><!DOCTYPE r [<!ENTITY a "&b;&b;"><!ENTITY b "x">]><urlset>`
  ),
  words.map((value) => `<loc>${value}</loc><link>&a;${value}</link><sitemapindex>`),
  fc.constantFrom(
    "<title>",
    "</title>",
    "<svg>",
    "</",
    "<!--",
    "<![CDATA[",
    "<template>",
    "<plaintext>",
    "&#x110000;",
    "&#xD800;",
    "\u0000",
    "\ud800",
    "\ufeff"
  )
)
const body = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => Buffer.from(pieces.join(""))),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc.array(piece, { maxLength: 4 }).map((pieces) => gzipSync(pieces.join("")))
)
const answer = fc.record({
  status: fc.constantFrom(
    ...Array.from({ length: 15 }, () => 200),
    203,
    204,
    206,
    301,
    302,
    303,
    304,
    307,
    308,
    401,
    404,
    429,
    500,
    503,
    999
  ),
  headers: fc.array(header, { maxLength: 5 }),
  body,
  cut: fc.constantFrom(false, false, false, false, false, false, false, true)
}).map(({ body, cut, headers, status }) =>
  Buffer.concat([
    Buffer.from(
      `HTTP/1.1 ${status} x\r\n${headers.join("")}content-length: ${body.length + (cut ? 1 : 0)}\r\n`,
      "latin1"
    ),
    Buffer.from("\r\n"),
    body
  ])
)

/** A site that gives each request the next of the answers. */
const answering = (answers: ReadonlyArray<Buffer>) => {
  let n = 0
  return tcp((socket) => {
    socket.on("data", () => {
      socket.end(answers[n++ % answers.length] ?? "")
    })
  })
}

const settings = {
  SCRAPER_TOTAL_TIMEOUT: "30 seconds",
  SCRAPER_HOST_CONCURRENCY: "100",
  SCRAPER_CONCURRENCY: "100"
}

it.live("A site's answers put together from hostile parts end as pages, or as failures that are declared.", () =>
  Effect.gen(function*() {
    const faults: Array<string> = []
    const logger = Logger.make(({ message }) => {
      const line = [message].flat().map(String).join(" ")
      if (line.startsWith("The scraper failed over")) faults.push(line)
    })
    const answers = fc.sample(answer, { numRuns: 1000, seed: 14 })
    const port = yield* answering(answers)
    const host = `127.0.0.1:${port}`
    const counts: Record<string, number> = {}
    yield* Effect.gen(function*() {
      for (const robots of ["true", "false"]) {
        const pages = yield* scraper([{ host }], { ...settings, SCRAPER_ROBOTS: robots })
        const select = { fields: { all: { css: "a", attribute: "href", all: true }, html: { as: "html" as const } } }
        yield* Effect.forEach(answers, (_, n) =>
          Effect.gen(function*() {
            const exit = yield* Effect.exit(
              pages.read({ url: `http://${host}/${n}`, html: true, responseHeaders: true, select }, {
                isSitemap: n % 3 === 0
              })
            )
            const failure = Exit.isSuccess(exit) ? undefined : exit.cause.reasons[0]
            const what = failure === undefined ? "Fetched" : "error" in failure && failure.error instanceof FetchFailed
              ? failure.error.reason
              : assert.fail(`not declared: ${JSON.stringify(exit)}`)
            counts[what] = (counts[what] ?? 0) + 1
          }), { concurrency: 50, discard: true })
        const crawl = Crawls.make({ crawlConcurrency: 20 }, pages, yield* Storage.make({ data: ":memory:" }))
        yield* Stream.runDrain(
          crawl({
            seeds: Array.from({ length: 50 }, (_, n) => `http://${host}/seed/${n}`),
            maxPages: 500,
            maxDepth: 20,
            sitemaps: true,
            obey: ["nofollow", "noindex", "canonical"],
            summary: true
          })
        )
      }
    }).pipe(Effect.provide(Logger.layer([logger])))
    assert.deepStrictEqual(faults, [])
    // They were no mere refusals.
    assert.isAbove(counts["Fetched"] ?? 0, 200)
    assert.isAtLeast(Object.keys(counts).length, 5)
  }))

const fetching = (type: string, body: Uint8Array, url = "/") =>
  Effect.gen(function*() {
    const local = yield* site((_, response) => {
      response.writeHead(200, { "content-type": type }).end(body)
    })
    const pages = yield* scraper([local], { SCRAPER_ROBOTS: "false" })
    const exit = { value: yield* Effect.exit(pages.read({ url: local.url(url) }, { isSitemap: true })) }
    return {
      exit: exit.value,
      promise: promised(Effect.exit(pages.read({ url: local.url(url) }, { isSitemap: true })))
    }
  })

it.live("A sitemap's entities are not expanded, neither its own nor those of files and other sites.", () =>
  Effect.gen(function*() {
    const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join("")
    const text =
      `<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY l0 "lol">${laughs}<!ENTITY f SYSTEM "file:///etc/passwd">` +
      "<!ENTITY % r SYSTEM \"http://127.0.0.1:1/x\">%r;]><urlset><title>&l9;&f;</title><loc>http://a.example/&l9;&f;</loc></urlset>"
    const { exit, promise } = yield* fetching("text/xml", Buffer.from(text))
    yield* promise
    assert(Exit.isSuccess(exit))
    const { links, text: shown, title } = exit.value.page
    assert.isBelow(JSON.stringify({ links, shown, title }).length, 1000)
    assert.notInclude(JSON.stringify(exit.value), "root:")
  }))

it.live("A gzip bomb for a sitemap ends at the limit, and holds up no loop.", () =>
  Effect.gen(function*() {
    const { exit, promise } = yield* fetching(
      "application/gzip",
      gzipSync(Buffer.alloc(200_000_000, "<loc>http://a/</loc>"))
    )
    yield* promise
    assert(Exit.isFailure(exit))
    assert.include(JSON.stringify(exit.cause), "TooLarge")
  }))
