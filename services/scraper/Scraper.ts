/** Fetches pages politely and safely, one by one or by following links. */
import * as Rpc from "effect/rpc/Rpc"
import * as Schema from "effect/Schema"
import { Actor } from "heddle"

/** A fetched page. `url` is what was asked for, `finalUrl` where redirects led; `links` are absolute. */
export const Page = Schema.Struct({
  url: Schema.String,
  finalUrl: Schema.String,
  status: Schema.Int,
  title: Schema.String,
  text: Schema.String,
  links: Schema.Array(Schema.String)
})
export type Page = typeof Page.Type

/** A page could not be had. `retryable` says whether the same request may succeed later. */
export class FetchFailed extends Schema.TaggedError<FetchFailed>()("FetchFailed", {
  url: Schema.String,
  reason: Schema.Literals([
    "InvalidUrl",
    "Blocked",
    "Robots",
    "Unreachable",
    "TimedOut",
    "TooLarge",
    "ContentType",
    "TooManyRedirects",
    "Status",
    "Malformed"
  ]),
  detail: Schema.String,
  retryable: Schema.Boolean
}) {
  override get message(): string {
    return `${this.url}: ${this.detail}`
  }
}

export class Scraper extends Actor.Service<Scraper>()("Scraper", [
  /**
   * Fetches one page. It may take as long as `SCRAPER_TOTAL_TIMEOUT` (60 seconds): ask with a timeout to match.
   * An answer that isn't 2xx is a failure (`Status`).
   */
  Rpc.make("Fetch", { payload: { url: Schema.String }, success: Page, error: FetchFailed }),
  /** What was done since the actor started; `bytes` as they came over the wire. */
  Rpc.make("Status", {
    success: Schema.Struct({ fetched: Schema.Int, failed: Schema.Int, inFlight: Schema.Int, bytes: Schema.Finite })
  })
]) {}
