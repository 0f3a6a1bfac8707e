/**
 * The files of the page, its own and those of panels. All of them come through here.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
// By its public name, by which `heddle build` finds the files that go into a bundle.
import * as Assets from "heddle/Assets"
import { createHash } from "node:crypto"
import type { Panel } from "./panel.ts"
import { pageParts } from "./parts.ts"

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml"
}

/** Files by the path that browsers ask for. */
export type Files = Readonly<Record<string, Effect.Effect<Uint8Array>>>

/** The files of the page, by their addresses. */
const page = {
  ...pageParts,
  "/": Assets.read(import.meta.url, "./page/index.html"),
  "/dashboard.css": Assets.read(import.meta.url, "./page/dashboard.css"),
  "/dashboard.js": Assets.read(import.meta.url, "./page/dashboard.js"),
  "/panels.js": Assets.read(import.meta.url, "./page/panels.js"),
  "/tree.js": Assets.read(import.meta.url, "./page/tree.js"),
  "/drawer.js": Assets.read(import.meta.url, "./page/drawer.js"),
  "/keys.js": Assets.read(import.meta.url, "./page/keys.js"),
  "/inspection.js": Assets.read(import.meta.url, "./page/inspection.js"),
  "/settings.js": Assets.read(import.meta.url, "./page/settings.js"),
  "/letters.js": Assets.read(import.meta.url, "./page/letters.js"),
  "/machines.js": Assets.read(import.meta.url, "./page/machines.js"),
  "/dialog.js": Assets.read(import.meta.url, "./page/dialog.js"),
  "/memo.js": Assets.read(import.meta.url, "./page/memo.js"),
  "/form.js": Assets.read(import.meta.url, "./page/form.js"),
  "/logs.js": Assets.read(import.meta.url, "./page/logs.js"),
  "/thread.js": Assets.read(import.meta.url, "./page/thread.js"),
  "/charts.js": Assets.read(import.meta.url, "./page/charts.js"),
  "/log.js": Assets.read(import.meta.url, "./page/log.js"),
  "/server.js": Assets.read(import.meta.url, "./page/server.js"),
  "/docs": Assets.read(import.meta.url, "./page/docs.html"),
  "/docs.js": Assets.read(import.meta.url, "./page/docs.js"),
  "/favicon.svg": Assets.read(import.meta.url, "./page/favicon.svg")
} satisfies Files

/** The paths of the page's own files. */
export const own: ReadonlyArray<string> = Object.keys(page)

/** The page's own files and those of panels. */
export const of = (panels: ReadonlyArray<Panel>): Files => Object.assign({}, page, ...panels.map(({ files }) => files))

const typeOf = (path: string): string => types[/\.(\w+)$/.exec(path)?.[1] ?? "html"] ?? "application/octet-stream"

/** Reads one file. A missing one is a broken installation, so a defect. */
const add = Effect.fnUntraced(function*(path: `/${string}`, file: Effect.Effect<Uint8Array>) {
  const router = yield* HttpRouter.HttpRouter
  const body = yield* file
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`
  const headers = { etag, "cache-control": "no-cache" }
  yield* router.add(
    "GET",
    path,
    Effect.map(HttpServerRequest, (request) =>
      request.headers["if-none-match"] === etag
        ? HttpServerResponse.empty({ status: 304, headers })
        : HttpServerResponse.uint8Array(body, { contentType: typeOf(path), headers }))
  )
})

/** Serves the files from memory; browsers ask each time and get a 304 when nothing changed. */
export const routes = (files: Files) =>
  Layer.effectDiscard(
    Effect.forEach(Object.entries(files), ([path, file]) => add(`/${path.slice(1)}`, file), {
      concurrency: "unbounded",
      discard: true
    })
  )
