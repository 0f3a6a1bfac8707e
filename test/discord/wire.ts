/** A gateway client that does nothing by itself, to look at each frame of the protocol. */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { constants, createInflate } from "node:zlib"
import { WebSocket } from "ws"
import type { Sandbox } from "../../services/discord/sandbox/Sandbox.ts"

export interface Payload {
  readonly op: number
  readonly t: string | null
  readonly s: number | null
  readonly d: { readonly [key: string]: unknown } | null | boolean
}

export const allIntents = 1 | 512 | 32768

/** The gateway's address, as a bot would find it. */
export const gatewayUrl = (sandbox: Sandbox) => sandbox.url.replace("http:", "ws:")

/** Connects; the socket is cut when the scope closes. Every wait ends after 5 seconds. */
export const connect = Effect.fnUntraced(function*(
  sandbox: Sandbox,
  options: { readonly query?: string; readonly zlib?: boolean } = {}
) {
  const query = options.query ?? `v=10&encoding=json${options.zlib === true ? "&compress=zlib-stream" : ""}`
  const socket = yield* Effect.acquireRelease(
    Effect.sync(() => new WebSocket(`${gatewayUrl(sandbox)}/?${query}`)),
    (socket) => Effect.sync(() => socket.terminate())
  )
  const frames = yield* Queue.unbounded<Payload>()
  const closes = yield* Queue.unbounded<number>()
  const bytes: Array<number> = []

  const inflate = createInflate({ finishFlush: constants.Z_SYNC_FLUSH })
  let inflated = ""
  inflate.on("data", (chunk: Buffer) => {
    inflated += chunk.toString()
    // A frame is complete when it parses: the compressed messages carry one each.
    try {
      Queue.offerUnsafe(frames, JSON.parse(inflated))
      inflated = ""
    } catch {
      // More is to come.
    }
  })
  socket.on("message", (data: Buffer, isBinary) => {
    bytes.push(data.length)
    if (isBinary) inflate.write(data)
    else Queue.offerUnsafe(frames, JSON.parse(data.toString()))
  })
  socket.on("error", () => {})
  socket.on("close", (code) => Queue.offerUnsafe(closes, code))

  const next = Effect.timeout(Queue.take(frames), "5 seconds")
  /** The first frame that is this event or opcode; those before it are passed over. */
  const until = (what: string | number): Effect.Effect<Payload, unknown> =>
    Effect.flatMap(next, (frame) =>
      frame.t === what || (frame.t === null && frame.op === what)
        ? Effect.succeed(frame)
        : until(what))
  const send = (op: number, d: unknown) => Effect.sync(() => socket.send(JSON.stringify({ op, d })))
  return {
    socket,
    bytes,
    next,
    until,
    send,
    sendText: (text: string) => Effect.sync(() => socket.send(text)),
    /** The code that the connection ends with. */
    closed: Effect.timeout(Queue.take(closes), "5 seconds"),
    identify: (change: Record<string, unknown> = {}) =>
      send(2, { token: sandbox.token, intents: allIntents, properties: {}, ...change })
  }
})

/** The field of an event, as text. */
export const field = ({ d }: Payload, name: string): string =>
  typeof d === "object" && d !== null ? String(d[name]) : ""

/** Calls the REST API as a bot. */
export const call = (sandbox: Sandbox, method: string, path: string, body?: unknown, token = sandbox.token) =>
  Effect.promise(async () => {
    const response = await fetch(`${sandbox.url}/api/v10${path}`, {
      method,
      headers: { authorization: `Bot ${token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(5000),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) }
  })
