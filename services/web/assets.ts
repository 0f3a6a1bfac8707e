/**
 * The files of the page. All of them come through here.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { Assets } from "heddle"
import { createHash } from "node:crypto"

const html = "text/html; charset=utf-8"
const css = "text/css; charset=utf-8"
const javascript = "text/javascript; charset=utf-8"

const files = {
  "/": { type: html, from: Assets.read(import.meta.url, "./page/index.html") },
  "/palette.css": { type: css, from: Assets.read(import.meta.url, "./page/palette.css") },
  "/dashboard.css": { type: css, from: Assets.read(import.meta.url, "./page/dashboard.css") },
  "/dashboard.js": { type: javascript, from: Assets.read(import.meta.url, "./page/dashboard.js") },
  "/thread.js": { type: javascript, from: Assets.read(import.meta.url, "./page/thread.js") },
  "/charts.js": { type: javascript, from: Assets.read(import.meta.url, "./page/charts.js") },
  "/message.js": { type: javascript, from: Assets.read(import.meta.url, "../discord/sandbox/page/message.js") },
  "/message.css": { type: css, from: Assets.read(import.meta.url, "../discord/sandbox/page/message.css") },
  "/chat.js": { type: javascript, from: Assets.read(import.meta.url, "./page/chat.js") },
  "/crawls.js": { type: javascript, from: Assets.read(import.meta.url, "./page/crawls.js") },
  "/markdown.js": { type: javascript, from: Assets.read(import.meta.url, "./page/markdown.js") },
  "/log.js": { type: javascript, from: Assets.read(import.meta.url, "./page/log.js") },
  "/scroll.js": { type: javascript, from: Assets.read(import.meta.url, "./page/scroll.js") },
  "/words.js": { type: javascript, from: Assets.read(import.meta.url, "./page/words.js") },
  "/server.js": { type: javascript, from: Assets.read(import.meta.url, "./page/server.js") },
  "/docs": { type: html, from: Assets.read(import.meta.url, "./page/docs.html") },
  "/docs.js": { type: javascript, from: Assets.read(import.meta.url, "./page/docs.js") },
  "/favicon.svg": { type: "image/svg+xml", from: Assets.read(import.meta.url, "./page/favicon.svg") },
  "/preact.js": { type: javascript, from: Assets.read(import.meta.url, "htm/preact/standalone.mjs") }
} as const

/** The addresses of the files. */
export const paths: ReadonlySet<string> = new Set(Object.keys(files))

/** Reads one file of the page. A missing one is a broken installation, so a defect. */
export const read = (path: keyof typeof files): Effect.Effect<Uint8Array> => files[path].from

const add = Effect.fnUntraced(function*(path: keyof typeof files) {
  const router = yield* HttpRouter.HttpRouter
  const body = yield* read(path)
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  const headers = { etag, "cache-control": "no-cache" }
  yield* router.add(
    "GET",
    path,
    Effect.map(HttpServerRequest, (request) =>
      request.headers["if-none-match"] === etag
        ? HttpServerResponse.empty({ status: 304, headers })
        : HttpServerResponse.uint8Array(body, { contentType: files[path].type, headers }))
  )
})

const isPath = (path: string): path is keyof typeof files => path in files

/** Serves the files from memory; browsers ask each time and get a 304 when nothing changed. */
export const routes = Layer.effectDiscard(
  Effect.forEach([...paths].filter(isPath), add, { concurrency: "unbounded", discard: true })
)
