/** Bytes of HTTP: bodies in, replies out. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Reply } from "./replies.ts"

/** Reads a body; none when it is larger than `maxBytes`. */
export const readBytes = (
  request: IncomingMessage,
  maxBytes: number
): Effect.Effect<Option.Option<Buffer<ArrayBuffer>>> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) chunks.push(chunk)
      // At once: who sends without end is cut off after the answer (`lingering.ts`).
      else resume(Effect.succeed(Option.none()))
    })
    request.once("end", () => resume(Effect.succeed(Option.some(Buffer.concat(chunks)))))
    request.once("error", () => resume(Effect.interrupt))
  })

/** Sends a reply, unless the client has hung up. */
export const write = (response: ServerResponse, { body, bytes, headers, status }: Reply): void => {
  if (response.destroyed) return
  response.writeHead(status, { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers })
  response.end(bytes ?? (body === undefined ? undefined : JSON.stringify(body)))
}
