/** What a route of the REST API is. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Upload } from "../files.ts"
import type { BucketLimit } from "../rateLimits.ts"
import * as replies from "../replies.ts"

/** A request that matched: `ids` are what stands for the `:` of its path, in order. */
export interface Request {
  readonly ids: readonly [string, string, string, string]
  readonly query: URLSearchParams
  readonly body: unknown
  readonly files: ReadonlyArray<Upload>
}

export type Handle = (request: Request) => replies.Reply

/**
 * **Details**
 * - `at`: method and path; a segment that begins with `:` stands for any. The first route that matches is taken.
 * - `limit`: of its bucket; there is one bucket for each value of the first id (of the first two under webhooks).
 *   Default: 50 in a second.
 * - `open`: no token in the header, since the one in the path is enough, and the global limit does not count it.
 * - `turnsAway`: refuses by what is in the path, before the body is read.
 */
export interface Route {
  readonly at: string
  readonly limit?: BucketLimit
  readonly open?: boolean
  readonly turnsAway?: (ids: Request["ids"]) => replies.Reply | undefined
  readonly handle: Handle
}

export const messageLimit: BucketLimit = { limit: 5, lengthMillis: 5000 }
export const usualLimit: BucketLimit = { limit: 50, lengthMillis: 1000 }

/** Replies with what is there, or by what `reply` makes of it. */
export const found = <A>(
  value: A | undefined,
  missing: replies.Reply,
  reply: (value: A) => replies.Reply = replies.ok
): replies.Reply => value === undefined ? missing : reply(value)

/** Decodes a body, or refuses it. */
export const withBody = <A>(
  schema: Schema.Decoder<A>,
  handle: (body: A, request: Request) => replies.Reply
): Handle => {
  const decode = Schema.decodeUnknownOption(schema)
  return (request) =>
    Option.match(decode(request.body), {
      onNone: () => replies.invalidForm("body", "BASE_TYPE_BAD_TYPE", "A field is missing or of the wrong type."),
      onSome: (body) => handle(body, request)
    })
}

/** The number in a query, or a refusal. */
export const limitOf = (query: URLSearchParams, standard: number, most: number): number | replies.Reply => {
  const limit = Number(query.get("limit") ?? standard)
  return Number.isInteger(limit) && limit >= 1 && limit <= most
    ? limit
    : replies.invalidForm("limit", "NUMBER_TYPE_MAX", `int value should be between 1 and ${most}.`)
}
