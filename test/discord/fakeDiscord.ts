/** A few lines of Discord, for the bot's tests: one session, one channel, faults on demand. */
import * as Effect from "effect/Effect"
import { createServer } from "node:http"
import { type WebSocket, WebSocketServer } from "ws"

export interface Request {
  readonly method: string
  readonly path: string
  readonly body: Record<string, unknown>
}

export interface FakeDiscord {
  readonly url: string
  readonly token: string
  readonly counts: { connects: number; identifies: number; resumes: number; closes: Array<number> }
  readonly requests: ReadonlyArray<Request>
  /** Completes with the first request, past or to come, that satisfies the predicate. */
  readonly request: (predicate: (request: Request) => boolean) => Effect.Effect<Request>
  readonly dispatch: (type: string, data: unknown) => void
  /** Closes the bot's connection with this code. */
  readonly close: (code: number) => void
  /** From now on each IDENTIFY is answered with this close code. */
  refuseWith: number | undefined
  /** Stops reading from the bot's connection without closing it: not even a close is answered. */
  readonly blackhole: () => void
  /** What REST answers instead, by "METHOD /path". */
  readonly answers: Map<string, { readonly status: number; readonly body: unknown }>
}

export const make = (options: { readonly heartbeatMillis?: number } = {}) =>
  Effect.acquireRelease(
    Effect.promise<FakeDiscord & { readonly stop: () => void }>(() => {
      const counts = { connects: 0, identifies: 0, resumes: 0, closes: [] as Array<number> }
      const requests: Array<Request> = []
      const answers = new Map<string, { readonly status: number; readonly body: unknown }>()
      const log: Array<{ readonly s: number; readonly t: string; readonly d: unknown }> = []
      const waiting = new Set<() => void>()
      let peer: WebSocket | undefined
      let commands: unknown = []
      const token = "MTMwMDAwMDAwMDAwMDAwMDAwMg.fake.token"
      let url = ""
      const server = createServer(async (incoming, outgoing) => {
        const chunks: Array<Buffer> = []
        for await (const chunk of incoming) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString()
        const path = (incoming.url ?? "").replace("/api/v10", "")
        const body = text === "" ? {} : JSON.parse(text)
        const method = incoming.method ?? ""
        const send = (status: number, answer: unknown) => {
          if (answer !== undefined) outgoing.setHeader("content-type", "application/json")
          outgoing.writeHead(status).end(answer === undefined ? undefined : JSON.stringify(answer))
          requests.push({ method, path, body })
          for (const look of waiting) look()
        }
        const forced = answers.get(`${method} ${path}`)
        if (forced !== undefined) return send(forced.status, forced.body)
        const signed = !path.startsWith("/interactions/") && !path.startsWith("/webhooks/")
        if (signed && incoming.headers.authorization !== `Bot ${token}`) {
          return send(401, { message: "401: Unauthorized", code: 0 })
        }
        if (path === "/gateway/bot") {
          const limit = { total: 1000, remaining: 1000 - counts.identifies, reset_after: 0, max_concurrency: 1 }
          return send(200, { url: url.replace("http", "ws"), shards: 1, session_start_limit: limit })
        }
        if (path.endsWith("/commands")) {
          if (method === "PUT") commands = body
          return send(200, commands)
        }
        if (path.endsWith("/callback")) return send(204, undefined)
        send(200, { id: "77", ...body })
      })
      const sockets = new WebSocketServer({ server })
      sockets.on("connection", (socket) => {
        counts.connects++
        peer = socket
        const sendFrame = (frame: unknown) => socket.send(JSON.stringify(frame))
        sendFrame({ op: 10, d: { heartbeat_interval: options.heartbeatMillis ?? 41_250 } })
        socket.on("close", (code) => {
          counts.closes.push(code)
          for (const look of waiting) look()
        })
        socket.on("message", (data) => {
          const { d, op } = JSON.parse(String(data))
          if (op === 1) sendFrame({ op: 11 })
          if (op === 2) {
            if (fake.refuseWith !== undefined) return socket.close(fake.refuseWith)
            counts.identifies++
            dispatch("READY", {
              session_id: `session${counts.identifies}`,
              resume_gateway_url: url.replace("http", "ws"),
              user: { id: "2", username: "heddle", bot: true },
              application: { id: "2" },
              guilds: [{ id: "1" }]
            })
          }
          if (op === 6) {
            if (d.session_id !== `session${counts.identifies}`) return sendFrame({ op: 9, d: false })
            counts.resumes++
            for (const event of log) if (event.s > d.seq) sendFrame({ op: 0, ...event })
            dispatch("RESUMED", {})
          }
        })
      })
      const dispatch = (t: string, d: unknown) => {
        const event = { s: log.length + 1, t, d }
        log.push(event)
        if (peer?.readyState === peer?.OPEN) peer?.send(JSON.stringify({ op: 0, ...event }))
      }
      const fake = {
        url: "",
        token,
        counts,
        requests,
        request: (predicate: (request: Request) => boolean) =>
          Effect.callback<Request>((resume) => {
            const look = () => {
              const found = requests.find(predicate)
              if (found === undefined) return
              waiting.delete(look)
              resume(Effect.succeed(found))
            }
            waiting.add(look)
            look()
          }),
        dispatch,
        close: (code: number) => peer?.close(code),
        refuseWith: undefined as number | undefined,
        blackhole: () => peer?.pause(),
        answers,
        stop: () => {
          for (const socket of sockets.clients) socket.terminate()
          sockets.close()
          server.close()
          server.closeAllConnections()
        }
      }
      return new Promise((resolve) =>
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          url = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : ""
          resolve(Object.assign(fake, { url }))
        })
      )
    }),
    (fake) => Effect.sync(fake.stop)
  )
