/** A Discord that answers as the test says, right or wrong. */
import * as Effect from "effect/Effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { type WebSocket, WebSocketServer } from "ws"
import * as Bot from "./botHarness.ts"

const user = { id: "1300000000000000002", username: "heddle" }
export const hello = { op: 10, d: { heartbeat_interval: 41_250 } }

export interface OddDiscord {
  readonly url: string
  readonly gatewayUrl: string
  /** What was asked for, and how often a client connected. */
  readonly asked: ReadonlyArray<string>
  readonly connects: () => number
  readonly ready: object
}

export interface Oddities {
  /** Answers `GET /gateway/bot`; by default as Discord does. */
  readonly gatewayBot?: (response: ServerResponse, usual: () => void) => void
  /** What is said to a client that connects, before anything else. Default HELLO. */
  readonly greet?: (say: (frame: unknown) => void) => void
  /** What is said to a client that logs in. Default READY. */
  readonly login?: (say: (frame: unknown) => void, discord: OddDiscord, socket: WebSocket) => void
}

const send = (response: ServerResponse, body: unknown): void => {
  response.setHeader("content-type", "application/json")
  response.end(JSON.stringify(body))
}

/** Starts one, until the scope ends. */
const start = Effect.fnUntraced(function*({ gatewayBot, greet, login }: Oddities) {
  const asked: Array<string> = []
  let connects = 0
  let port = 0
  const discord: OddDiscord = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get gatewayUrl() {
      return `ws://127.0.0.1:${port}`
    },
    get ready() {
      const d = {
        v: 10,
        user,
        guilds: [],
        application: { id: user.id },
        session_id: "a",
        resume_gateway_url: this.gatewayUrl
      }
      return { op: 0, t: "READY", s: 1, d }
    },
    asked,
    connects: () => connects
  }
  const limits = { total: 1000, remaining: 999, reset_after: 1000, max_concurrency: 1 }
  const server = createServer((request: IncomingMessage, response) => {
    const [path = ""] = (request.url ?? "").split("?")
    asked.push(path)
    request.resume()
    if (!path.endsWith("/gateway/bot")) return send(response, path.endsWith("/commands") ? [] : user)
    const usual = () => send(response, { url: discord.gatewayUrl, shards: 1, session_start_limit: limits })
    if (gatewayBot === undefined) usual()
    else gatewayBot(response, usual)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on("connection", (socket) => {
    connects++
    const say = (frame: unknown): void => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame))
    socket.on("error", () => {}).on("message", (data) => {
      const frame: { readonly op: number } = JSON.parse(String(data))
      if (frame.op === 1) say({ op: 11 })
      if (frame.op !== 2 && frame.op !== 6) return
      if (login === undefined) say(discord.ready)
      else login(say, discord, socket)
    })
    if (greet === undefined) say(hello)
    else greet(say)
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.sync(() => {
        for (const socket of sockets.clients) socket.terminate()
        server.closeAllConnections()
        server.close()
      })
  )
  const address = server.address()
  port = typeof address === "object" && address !== null ? address.port : 0
  return discord
})

/** A bot with such a Discord. */
export const withBot = Effect.fnUntraced(function*(oddities: Oddities) {
  const discord = yield* start(oddities)
  const token = `${Buffer.from(user.id).toString("base64url")}.odd.token`
  const bot = yield* Bot.start({ address: null, env: { DISCORD_TOKEN: token, DISCORD_API_URL: discord.url } })
  return { behavior: yield* bot.built, discord }
})
