/**
 * A local Discord: the gateway and the REST API of one guild, on loopback, to try a bot against.
 *
 * ```text
 *  person ── say ──► messages, interactions ── events ──► sessions ──► gateway connections ──► bot
 *  person ◄─ transcript ─────┴───────────────── routes ◄── rate limits ◄── REST ◄──────────────┘
 * ```
 *
 * Everything belongs to the scope it is made in: closing that ends the sockets and the server at once.
 */
import type { APIUser } from "discord-api-types/v10"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { limitConnections } from "heddle/Dashboard"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { ChatMessage } from "../DiscordSandbox.ts"
import { Actions } from "./actions.ts"
import type { Channel } from "./channels.ts"
import { Commands } from "./commands.ts"
import { type Counters, Tally } from "./counters.ts"
import { Files } from "./files.ts"
import { Intent } from "./frames.ts"
import { Gateway } from "./gateway.ts"
import { write } from "./http.ts"
import { Interactions } from "./interactions.ts"
import { Messages } from "./messages.ts"
import * as page from "./page.ts"
import { type Outage, Rest } from "./rest.ts"
import { routesOf } from "./routes/all.ts"
import { type Options, type Settings, settingsOf } from "./settings.ts"
import { Snowflakes } from "./snowflakes.ts"
import * as transcripts from "./transcript.ts"
import type { Signal } from "./transcript.ts"
import * as visitors from "./visitors.ts"
import { World } from "./world.ts"

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
 * - `actions`: what people do: write, press, choose, react, fill in forms.
 * - `say`: as a person, in the guild's first channel. A text that begins with "/" is a slash command; what goes wrong is said in the transcript, and
 *   so is that no bot has a session to hear it.
 * - `transcript`: the last 100 lines, then every new one; a line that changed comes again with its id.
 * - `signals`: what people are shown besides lines: who types, forms, and that channels changed.
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
  readonly signals: Stream.Stream<Signal>
  readonly actions: Actions
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
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1000 })
  const release = yield* limitConnections(server)
  const parts = yield* build(settings)
  const { actions, files, gateway, rest, tally, transcript, world } = parts
  server.on("request", (request, response) => parts.run(serve(parts, request, response)))
  server.on("upgrade", (request, socket, head) => {
    release(request.socket)
    gateway.upgrade(request, socket, head)
  })
  const port = yield* listen(server, settings.port)
  const url = `http://${host}:${port}`
  gateway.url = `ws://${host}:${port}`
  files.url = url
  return {
    url,
    token: settings.token,
    applicationId: world.application.id,
    guildId: world.guildId,
    channelId: world.generalId,
    actions,
    say: (author, content) => Effect.sync(() => actions.say({ author }, content)),
    transcript: transcript.stream,
    signals: transcript.signals,
    counters: Effect.sync(() => tally.counters),
    until: (predicate) => tally.until(predicate),
    controls: controlsOf(gateway, rest)
  }
})

/** Makes everything but the server. */
const build = Effect.fnUntraced(function*(settings: Settings) {
  const tally = new Tally()
  const snowflakes = new Snowflakes()
  const world = new World(snowflakes)
  const transcript = yield* transcripts.make(snowflakes)
  const run = yield* FiberSet.makeRuntime<never, void>()
  const gateway = new Gateway(settings, world, tally, run)
  const publish = gateway.sessions.publish.bind(gateway.sessions)
  const files = new Files(snowflakes)
  const messages = new Messages(world, snowflakes, transcript, publish)
  const commands = new Commands(world.application.id, snowflakes)
  const channelsChanged = () => transcript.signal({ _tag: "Changed" })
  gateway.sessions.onChange = channelsChanged
  const openDirect = (user: APIUser): Channel => {
    const { channel, isNew } = world.channels.direct(user)
    if (isNew) publish({ t: "CHANNEL_CREATE", intent: 0, isDirect: true, d: channel })
    if (isNew) channelsChanged()
    return channel
  }
  world.people.onJoin = (member) => {
    publish({ t: "GUILD_MEMBER_ADD", intent: Intent.guildMembers, d: { ...member, guild_id: world.guildId } })
    channelsChanged()
  }
  const interactions = new Interactions({
    settings,
    world,
    snowflakes,
    transcript,
    messages,
    files,
    publish,
    run,
    showForm: (form) => {
      actions.showed(form)
      transcript.signal({ _tag: "Form", form })
    }
  })
  const actions = new Actions({
    world,
    snowflakes,
    transcript,
    gateway,
    messages,
    commands,
    interactions,
    files,
    openDirect,
    onLeft(user) {
      publish({ t: "GUILD_MEMBER_REMOVE", intent: Intent.guildMembers, d: { guild_id: world.guildId, user } })
      channelsChanged()
    }
  })
  const routes = routesOf({
    gateway,
    world,
    messages,
    commands,
    interactions,
    files,
    publish,
    openDirect,
    channelsChanged
  })
  const rest = new Rest({
    routes,
    tally,
    accepts: (token) => gateway.accepts(token),
    unknown: (route) => run(Effect.logWarning(`The Discord sandbox does not have the route ${route}`))
  })
  return { actions, files, gateway, rest, run, tally, transcript, world }
})

/** Answers a request of HTTP: files that came with messages, the page, and the REST API. */
const serve = (
  { actions, files, rest, transcript }: Effect.Success<ReturnType<typeof build>>,
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<void> => {
  const [path = ""] = (request.url ?? "").split("?")
  if (path.startsWith("/attachments/") && request.method === "GET") {
    return Effect.sync(() => write(response, visitors.foreign(request) ?? files.serve(decodePath(path))))
  }
  if (page.isFor(path)) return page.serve({ actions, transcript }, path, request, response)
  const refused = visitors.refusal(request)
  return refused === undefined ? rest.serve(request, response) : Effect.sync(() => write(response, refused))
}

const decodePath = (path: string): string => Option.getOrElse(Option.liftThrowable(decodeURI)(path), () => "")

const controlsOf = (gateway: Gateway, rest: Rest): Controls => {
  const toAll = (act: Parameters<Gateway["each"]>[0]) => Effect.sync(() => gateway.each(act))
  return {
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
