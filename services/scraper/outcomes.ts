/**
 * What is kept of a settled address: as text, the links of a page apart, because there may be 50,000.
 */
import * as Schema from "effect/Schema"
import { FetchFailed, Page, type SkipReason } from "./Scraper.ts"

export type Outcome = typeof Outcome.Type
const Outcome = Schema.Union([
  Schema.TaggedStruct("Fetched", { depth: Schema.Int, page: Page }),
  Schema.TaggedStruct("Failed", { depth: Schema.Int, failure: FetchFailed })
])
const OutcomeJson = Schema.fromJsonString(Schema.toCodecJson(Outcome))
const toJson = Schema.encodeSync(OutcomeJson)
const ofJson = Schema.decodeUnknownSync(OutcomeJson)

/** Neither JSON nor an address has a line end in it. */
const lineEnd = "\n"

export const encode = (outcome: Outcome): string =>
  outcome._tag === "Failed" || outcome.page.links.length === 0
    ? toJson(outcome)
    : toJson({ ...outcome, page: { ...outcome.page, links: [] } }) + lineEnd + outcome.page.links.join(lineEnd)

/** Reads an outcome but for the links of its page. */
export const decodeHead = (text: string): Outcome => ofJson(text.split(lineEnd, 1).join(""))

export const decode = (text: string): Outcome => {
  const outcome = decodeHead(text)
  const at = text.indexOf(lineEnd)
  return outcome._tag === "Failed" || at < 0
    ? outcome
    : { ...outcome, page: { ...outcome.page, links: text.slice(at + 1).split(lineEnd) } }
}

/** The reason for which an address counts as skipped although it was asked for; undefined for one that was fetched, or failed. */
export const skipReason = (outcome: Outcome): SkipReason | undefined =>
  outcome._tag === "Failed" ? skips[outcome.failure.reason] : undefined

const skips: Readonly<Partial<Record<FetchFailed["reason"], SkipReason>>> = {
  Robots: "robots",
  ContentType: "type",
  Blocked: "blocked"
}
