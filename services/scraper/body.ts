/**
 * Turns the body of an answer into decoded bytes, piece by piece and no more than allowed.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { Duplex } from "node:stream"
import { hasSafeBrotli } from "../brotli.ts"
import * as Codings from "./codings.ts"
import { failed } from "./failures.ts"
import type { FetchFailed } from "./Scraper.ts"

const node = process.versions.node
const isBrotliSafe = hasSafeBrotli(node)

/** What of an answer matters here: it may come from a cache. */
export type Answer = Pick<HttpClientResponse, "status" | "headers" | "stream">

/** What we can decode, for the `Accept-Encoding` of requests. */
export const acceptEncoding = isBrotliSafe ? "gzip, deflate, br, zstd" : "gzip, deflate, zstd"

export interface Limits {
  /** The address for errors. */
  readonly url: string
  /** Of the decoded body, and of the body on the wire. */
  readonly maxBytes: number
  /** Told of each piece that arrives on the wire. */
  readonly onBytes: (bytes: number) => void
  /** Takes a body that is a gzip file itself, as sitemaps are (`sitemap.xml.gz`), for what is in it. Default false. */
  readonly unpack?: boolean
}

/**
 * Streams the decoded body.
 *
 * **Details**
 * - Fails with `TooLarge` as soon as the limit is passed, however small the body is on the wire: nothing beyond it is
 *   decoded or kept.
 * - One content encoding; a chain of them is refused (`Malformed`), and so is one that we don't know. `br` is refused on a
 *   Node that doesn't decode it safely.
 * - A body without a byte is empty in every encoding. What follows the end of the encoded data is ignored.
 */
export const decoded = (
  response: Answer,
  limits: Limits
): Stream.Stream<Uint8Array, FetchFailed | HttpClientError> => {
  const encodings = (response.headers["content-encoding"] ?? "").toLowerCase().split(",").map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity")
  const encoding = encodings.slice(0, 8).join(", ").slice(0, 100)
  if (Number(response.headers["content-length"]) > limits.maxBytes) return Stream.fail(tooLarge(limits))
  const wire = bounded(response.stream, limits, limits.onBytes)
  if (encoding === "") return unpacked(wire, limits)
  if (encoding === "br" && !isBrotliSafe) {
    return Stream.fail(
      malformed(limits.url, `its content encoding "br" is not decoded on Node ${node} (CVE-2026-111497)`)
    )
  }
  const decode = Codings.known(encoding)
  if (decode === undefined) {
    return Stream.fail(malformed(limits.url, `its content encoding "${encoding}" was not asked for`))
  }
  return unpacked(bounded(through(wire, decode, encoding, limits.url), limits, () => {}), limits)
}

const unpacked = (wire: Bytes, limits: Limits): Bytes =>
  limits.unpack === true
    ? bounded(through(wire, Codings.unpacked, "gzip", limits.url), limits, () => {})
    : wire

type Bytes = Stream.Stream<Uint8Array, FetchFailed | HttpClientError>

const through = (wire: Bytes, decode: Codings.Decode, encoding: string, url: string): Bytes =>
  NodeStream.pipeThroughDuplex(wire, {
    evaluate: () => Duplex.from(decode),
    chunkSize: 1,
    onError: (cause) =>
      malformed(url, `its ${encoding} body is damaged (${cause instanceof Error ? cause.message : cause})`)
  })

/**
 * Reads a short body that nobody wants, so that its connection can be used again. That of a long or slow one is closed
 * when the request's scope ends: through a slow network a new connection costs seconds.
 */
export const discard = (response: Answer): Effect.Effect<void> =>
  Effect.suspend(() => {
    let total = 0
    return Stream.runForEachWhile(response.stream, (piece) =>
      Effect.sync(() => {
        total += piece.byteLength
        return total < 65_536
      }))
  }).pipe(Effect.ignore, Effect.timeoutOption("1 second"), Effect.asVoid)

const bounded = <E>(stream: Stream.Stream<Uint8Array, E>, limits: Limits, onBytes: (bytes: number) => void) =>
  Stream.suspend(() => {
    let total = 0
    return Stream.mapEffect(stream, (piece) => {
      onBytes(piece.byteLength)
      total += piece.byteLength
      return total > limits.maxBytes ? Effect.fail(tooLarge(limits)) : Effect.succeed(piece)
    })
  })

const tooLarge = ({ maxBytes, url }: Limits) =>
  failed(url, "TooLarge", `it is larger than ${maxBytes} bytes (SCRAPER_MAX_BYTES)`)

const malformed = (url: string, detail: string) => failed(url, "Malformed", detail)
