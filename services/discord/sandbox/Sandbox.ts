/**
 * A local Discord: the gateway and the REST API of one guild with one channel, on loopback, to try a bot against.
 *
 * ```text
 *  person ── say ──► messages, interactions ── events ──► sessions ──► gateway connections ──► bot
 *  person ◄─ transcript ─────┴───────────────── routes ◄── rate limits ◄── REST ◄──────────────┘
 * ```
 *
 * Everything belongs to the scope it is made in: closing that ends the sockets and the server at once.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { createServer, type Server } from "node:http"
import type { Socket } from "node:net"
import type { ChatMessage } from "../DiscordSandbox.ts"
import { argumentsOf, Commands } from "./commands.ts"
import { type Counters, Tally } from "./counters.ts"
import { Gateway } from "./gateway.ts"
import { Interactions } from "./interactions.ts"
import { Messages } from "./messages.ts"
import { type Outage, Rest } from "./rest.ts"
import { routesOf } from "./routes.ts"
import { type Options, settingsOf } from "./settings.ts"
import * as transcripts from "./transcript.ts"
import { Snowflakes, World } from "./world.ts"

export type { Counters } from "./counters.ts"
export type { Outage } from "./rest.ts"
export { defaultToken, type Options } from "./settings.ts"

const host = "127.0.0.1"

/** The sandbox could not listen. Nothing was started; another port may do. */
export class SandboxError extends Schema.TaggedError<SandboxError>()("SandboxError", {
  port: Schema.Int,
  detail: Schema.String
}) {
  override get message(): string {
    return `The Discord sandbox cannot listen on ${host}:${this.port} (${this.detail}). ` +
      "Set SANDBOX_PORT to a free port, or to 0 for any."
  }
}

/**
 * **Details**
 * - `url`: `http://127.0.0.1:PORT`; the REST API is under `/api/v10`, and names the gateway.
 * - `say`: as a person. A text that begins with "/" is a slash command; what goes wrong is said in the transcript, and
 *   so is that no bot has a session to hear it.
 * - `transcript`: the last 100 lines, then every new one; a line that changed comes again with its id.
 * - `until`: completes once the counters satisfy the predicate. It has no time limit of its own.
 */
export interface Sandbox {
  readonly url: string
  readonly token: string
  readonly applicationId: string
  readonly guildId: string
  readonly channelId: string
  readonly say: (author: string, content: string) => Effect.Effect<ChatMessage>
  readonly transcript: Stream.Stream<ChatMessage>
  readonly counters: Effect.Effect<Counters>
  readonly until: (predicate: (counters: Counters) => boolean) => Effect.Effect<Counters>
  readonly controls: Controls
}

/** What can be made to go wrong. What names no connection is done to all that are open now. */
export interface Controls {
  /** Cuts the TCP connections, without a close frame. */
  readonly dropConnections: Effect.Effect<void>
  /** Closes with a code, as Discord does. */
  readonly closeConnections: (code: number, reason?: string) => Effect.Effect<void>
  /** Stops reading and answering, with the TCP connections left open. New connections work. */
  readonly blackHole: Effect.Effect<void>
  /** Sends op 7: reconnect. */
  readonly requestReconnect: Effect.Effect<void>
  /** Sends op 9: the session is invalid, or can still be resumed. */
  readonly invalidateSessions: (options: { readonly resumable: boolean }) => Effect.Effect<void>
  /** Sends op 1: a heartbeat is wanted at once. */
  readonly requestHeartbeat: Effect.Effect<void>
  /** Leaves heartbeats without an answer, or answers them again. */
  readonly muteAcks: (muted: boolean) => Effect.Effect<void>
  /** Turns new gateway connections away with HTTP 503, or takes them again. */
  readonly refuseConnections: (refused: boolean) => Effect.Effect<void>
  /** Voids the token: sessions end with 4004, REST answers 401. */
  readonly revokeToken: Effect.Effect<void>
  /** Answers the next `count` REST requests with 429. `retryAfter`: default 1 second. */
  readonly rateLimitNext: (count: number, retryAfter?: Duration.Input) => Effect.Effect<void>
  /** Lets every REST request wait this long; 0 ends it. */
  readonly holdRest: (wait: Duration.Input) => Effect.Effect<void>
  /** Has the REST side out in one way or another; null ends it. The gateway goes on. */
  readonly restOutage: (outage: Outage | null) => Effect.Effect<void>
}

/**
 * Starts a sandbox.
 *
 * **Example**
 *
 * ```ts
 * const sandbox = yield* Sandbox.make({ heartbeatInterval: "1 second" })
 * const rest = new REST({ version: "10", api: `${sandbox.url}/api` }).setToken(sandbox.token)
 * ```
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<Sandbox, SandboxError, Scope.Scope> {
  const settings = settingsOf(options)
  const tally = new Tally()
  const snowflakes = new Snowflakes()
  const world = new World(snowflakes)
  const transcript = yield* transcripts.make(snowflakes)
  const run = yield* FiberSet.makeRuntime<never, void>()

  const gateway = new Gateway(settings, world, tally, run)
  const publish = gateway.sessions.publish.bind(gateway.sessions)
  const messages = new Messages(world, snowflakes, transcript, publish)
  const commands = new Commands(world.application.id, snowflakes)
  const interactions = new Interactions({ settings, world, transcript, messages, publish, run })
  const routes = routesOf({ gateway, world, messages, commands, interactions })
  const rest = new Rest(routes, tally, (token) => gateway.accepts(token))

  const server = createServer((request, response) => run(rest.serve(request, response)))
  server.on("upgrade", (request, socket, head) => gateway.upgrade(request, socket, head))
  const port = yield* listen(server, settings.port)
  gateway.url = `ws://${host}:${port}`

  const command = ({ author, content, id }: ChatMessage) => {
    const [name = ""] = content.slice(1).split(/\s/, 1)
    const known = commands.find(name)
    if (known === undefined) {
      const names = commands.names
      return transcript.note(
        `There is no command /${name}. ` +
          (names.length > 0 ? `There are: ${names.join(", ")}.` : "The bot has not registered any."),
        id
      )
    }
    return Result.match(argumentsOf(known, content.slice(1 + name.length)), {
      onFailure: (problem) => transcript.note(problem, id),
      onSuccess: (args) => interactions.start(id, world.person(author), known, args)
    })
  }

  const say = (author: string, content: string): ChatMessage => {
    const name = author.trim().slice(0, 32) || "someone"
    const text = content.trim()
    if (text === "" || text.length > 2000) return transcript.note("A message has 1 to 2000 characters.")
    if (!text.startsWith("/")) {
      const heard = gateway.sessions.anyone
      const line = transcripts.lineOf(messages.post({ author: world.person(name), content: text }))
      if (!heard) transcript.note("No bot is here to hear that. Say it again when one is.", line.id)
      return line
    }
    const line = transcript.show({
      id: snowflakes.next(),
      author: name,
      fromBot: false,
      content: text,
      answers: null,
      atMillis: Date.now()
    })
    command(line)
    return line
  }

  const toAll = (act: Parameters<Gateway["each"]>[0]) => Effect.sync(() => gateway.each(act))
  return {
    url: `http://${host}:${port}`,
    token: settings.token,
    applicationId: world.application.id,
    guildId: world.guildId,
    channelId: world.channel.id,
    say: (author, content) => Effect.sync(() => say(author, content)),
    transcript: transcript.stream,
    counters: Effect.sync(() => tally.counters),
    until: (predicate) => tally.until(predicate),
    controls: {
      dropConnections: toAll((connection) => connection.cut()),
      closeConnections: (code, reason = "") => toAll((connection) => connection.close(code, reason)),
      blackHole: toAll((connection) => connection.blackHole()),
      requestReconnect: toAll((connection) => connection.reconnect()),
      invalidateSessions: ({ resumable }) => toAll((connection) => connection.invalidate(resumable)),
      requestHeartbeat: toAll((connection) => connection.requestHeartbeat()),
      muteAcks: (muted) => Effect.sync(() => void (gateway.acksMuted = muted)),
      refuseConnections: (refused) => Effect.sync(() => void (gateway.refusing = refused)),
      revokeToken: Effect.sync(() => gateway.revokeToken()),
      rateLimitNext: (count, retryAfter = "1 second") =>
        Effect.sync(() => void (rest.refusals = { left: count, retryAfterMillis: toMillis(retryAfter) })),
      holdRest: (wait) => Effect.sync(() => void (rest.holdMillis = toMillis(wait))),
      restOutage: (outage) => Effect.sync(() => void (rest.outage = outage))
    }
  }
})

const toMillis = (input: Duration.Input): number => Duration.toMillis(Duration.fromInputUnsafe(input))

/** Listens until the scope closes; then the port is free again and every connection has ended. */
const listen = (server: Server, port: number): Effect.Effect<number, SandboxError, Scope.Scope> => {
  // The server forgets sockets that became WebSockets, and would wait for them for ever.
  const sockets = new Set<Socket>()
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })
  return Effect.acquireRelease(
    Effect.callback<number, SandboxError>((resume) => {
      server.once("error", (error) => resume(Effect.fail(new SandboxError({ port, detail: error.message }))))
      server.listen(port, host, () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
}
