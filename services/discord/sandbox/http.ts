/** Bytes of HTTP: bodies in, replies out. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Reply } from "./replies.ts"

/** Of a body this much is always taken; what is beyond it shares one room with all that is received at the same time. */
const ownRoom = 256 << 10
const sharedRoom = 96 << 20
let shared = 0

/** Reads a body; none when it is larger than `maxBytes`, or others fill the room that large bodies share. */
export const readBytes = (
  request: IncomingMessage,
  maxBytes: number
): Effect.Effect<Option.Option<Buffer<ArrayBuffer>>> =>
  Effect.callback((resume) => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    let taken = 0
    let ended = false
    const end = (): void => {
      ended = true
      shared -= taken
      taken = 0
    }
    request.on("data", (chunk: Buffer) => {
      if (ended) return
      bytes += chunk.length
      const more = Math.max(0, bytes - ownRoom) - taken
      if (bytes <= maxBytes && shared + more <= sharedRoom) {
        taken += more
        shared += more
        chunks.push(chunk)
      } else {
        end()
        // At once: who sends without end is cut off after the answer (`lingering.ts`).
        resume(Effect.succeed(Option.none()))
      }
    })
    request.once("end", () => {
      if (!ended) resume(Effect.succeed(Option.some(Buffer.concat(chunks))))
      end()
    })
    request.once("error", () => {
      end()
      resume(Effect.interrupt)
    })
    return Effect.sync(end)
  })

/** Sends a reply, unless the client has hung up. */
export const write = (response: ServerResponse, { body, bytes, headers, status }: Reply): void => {
  if (response.destroyed) return
  response.writeHead(status, { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers })
  response.end(bytes ?? (body === undefined ? undefined : JSON.stringify(body)))
}
