/**
 * Turns the body of an answer into decoded bytes, piece by piece and no more than allowed.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"
import { Duplex, Readable, type Transform } from "node:stream"
import * as Zlib from "node:zlib"
import { failed } from "./failures.ts"
import type { FetchFailed } from "./Scraper.ts"

/** What we can decode, for the `Accept-Encoding` of requests. */
export const acceptEncoding = "gzip, deflate, br, zstd"

export interface Limits {
  /** The address for errors. */
  readonly url: string
  /** Of the decoded body, and of the body on the wire. */
  readonly maxBytes: number
  /** Told of each piece that arrives on the wire. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Streams the decoded body.
 *
 * **Details**
 * - Fails with `TooLarge` as soon as the limit is passed, however small the body is on the wire: nothing beyond it is
 *   decoded or kept.
 * - One content encoding; a chain of them is refused (`Malformed`).
 */
export const decoded = (
  response: HttpClientResponse,
  limits: Limits
): Stream.Stream<Uint8Array, FetchFailed | HttpClientError> => {
  const encoding = (response.headers["content-encoding"] ?? "identity").trim().toLowerCase()
  if (Number(response.headers["content-length"]) > limits.maxBytes) return Stream.fail(tooLarge(limits))
  const wire = bounded(response.stream, limits, limits.onBytes)
  if (encoding === "identity" || encoding === "") return wire
  const decoder = decoders[encoding]
  if (decoder === undefined) {
    return Stream.fail(malformed(limits.url, `its content encoding "${encoding}" was not asked for`))
  }
  const plain = NodeStream.pipeThroughDuplex(wire, {
    evaluate: decoder,
    chunkSize: 1,
    onError: (cause) =>
      malformed(limits.url, `its ${encoding} body is damaged (${cause instanceof Error ? cause.message : cause})`)
  })
  return bounded(plain, limits, () => {})
}

/**
 * Reads a short body that nobody wants, so that its connection can be used again. That of a long or slow one is closed
 * when the request's scope ends: through a slow network a new connection costs seconds.
 */
export const discard = (response: HttpClientResponse): Effect.Effect<void> =>
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

const gunzip = () => Zlib.createGunzip()
const decoders: Readonly<Record<string, () => Duplex>> = {
  "gzip": gunzip,
  "x-gzip": gunzip,
  "br": () => Zlib.createBrotliDecompress(),
  "zstd": () => Zlib.createZstdDecompress(),
  "deflate": () => Duplex.from(inflate)
}

/** "deflate" means zlib's format, and some servers send the bare one. The first byte tells which. */
async function* inflate(source: AsyncIterable<Uint8Array>) {
  const pieces = source[Symbol.asyncIterator]()
  const { value: first } = await pieces.next()
  if (first === undefined) return
  const decoder: Transform = (first[0] & 0x0f) === 8 ? Zlib.createInflate() : Zlib.createInflateRaw()
  const rest = async function*() {
    yield first
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
  }
  yield* Readable.from(rest()).on("error", (error) => decoder.destroy(error)).pipe(decoder)
}
