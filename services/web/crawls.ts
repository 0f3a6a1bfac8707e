/** The crawls panel: how far the crawls that are running have come. */
import * as Effect from "effect/Effect"
import { Assets } from "heddle"
import { type Panel, state } from "heddle/Dashboard"
import { Scraper } from "../scraper/Scraper.ts"
import { keepAsking } from "./asking.ts"

const files = {
  "/crawls.js": Assets.read(import.meta.url, "./page/crawls.js"),
  "/crawls.css": Assets.read(import.meta.url, "./page/crawls.css")
}

/** Builds the panel. */
export const make = Effect.gen(function*() {
  const scraper = yield* Scraper
  const status = yield* keepAsking("Scraper", scraper.Status())
  const panel: Panel = {
    name: "crawls",
    files,
    script: "/crawls.js",
    styles: ["/crawls.css"],
    fields: { crawls: state(() => status.last().value?.crawls ?? []) },
    checks: () => [status.check()]
  }
  return panel
})
