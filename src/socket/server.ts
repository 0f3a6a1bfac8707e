/**
 * Has a running system listen for the `heddle` command.
 *
 * ```text
 *   listen --- a connection ---> connection.ts, which is loaded for the first one
 *      |
 *      +------ the system has ended, or its scope closes ---> closed: the card is removed, then the socket
 * ```
 *
 * It keeps no process alive, and a system that can't listen runs without.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { chmodSync } from "node:fs"
import { createServer, type Server, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import type { Topology } from "../control/topology.ts"
import { atMost } from "../loop/atMost.ts"
import type { Running } from "../main/run.ts"
import * as card from "./card.ts"
import * as folders from "./folder.ts"
import type { Operated } from "./operated.ts"

/** More connections than people and probes have open. */
const mostConnections = 64

/** Listens until the system has ended or the scope closes. Completes when it listens, or has warned that it can't. */
export const listen = Effect.fnUntraced(function*(
  topology: Topology,
  running: Running<never>,
  around = folders.surroundings()
): Effect.fn.Return<void, never, Scope.Scope> {
  const place = choosePlace(around)
  if ("problem" in place) return yield* warn(place.problem)
  const operated: Operated = { topology, running, card: describe(topology, place.socket) }
  // A test's clock stands still; the command's does not.
  const clock = Clock.Clock.defaultValue()
  const runFork = Effect.runForkWith(Context.add(yield* Effect.context<never>(), Clock.Clock, clock))
  const connections = new Set<Socket>()
  const server = createServer((socket) => {
    socket.unref()
    connections.add(socket)
    socket.on("close", () => connections.delete(socket))
    // A client that hangs up early is not an error.
    socket.on("error", () => {})
    import("./connection.ts").then(({ serve }) => serve(operated, socket, runFork), (error) => sorry(socket, error))
  })
  server.maxConnections = mostConnections
  const problem = yield* start(server, place, operated.card)
  if (problem !== undefined) return yield* warn(problem)
  atExit.add(place)
  const closing = Effect.suspend(() => {
    atExit.drop(place)
    card.remove(place.card)
    // Removes the socket as well.
    server.close()
    return Effect.andThen(atMost(farewellMillis, gone(connections)), Effect.sync(() => destroyAll(connections)))
  })
  let closed: Fiber.Fiber<void> | undefined
  const close = Effect.suspend(() => Fiber.await(closed ??= runFork(closing)))
  yield* Effect.addFinalizer(() => close)
  yield* Effect.forkScoped(Effect.andThen(running.ended, close))
})

/** The files of this process's sockets, which are removed even when it exits at once. */
const atExit = (() => {
  const places = new Set<Place>()
  const onExit = (): void => places.forEach(removeFiles)
  return {
    add(place: Place): void {
      if (places.size === 0) process.on("exit", onExit)
      places.add(place)
    },
    drop(place: Place): void {
      places.delete(place)
      if (places.size === 0) process.off("exit", onExit)
    }
  }
})()

const removeFiles = (place: Place): void => {
  card.remove(place.card)
  if (process.platform !== "win32") card.remove(place.socket)
}

/** The rest of heddle can't be loaded any more: its files were removed or changed while the system runs. */
const sorry = (socket: Socket, error: unknown): void => {
  const message = `the system can't load its part of heddle: ${error instanceof Error ? error.message : String(error)}`
  const greeting = { heddle: card.protocol, pid: process.pid }
  const failed = { _tag: "Failed", kind: "refused", message }
  socket.end(`${JSON.stringify(greeting)}\n${JSON.stringify({ failed })}\n`)
}

/** When the system has ended, all answers end as well. How long they may take to arrive. */
const farewellMillis = 500

/** Completes when all connections are closed. */
const gone = (connections: ReadonlySet<Socket>): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const look = (): void => connections.size === 0 ? resume(Effect.void) : undefined
    for (const socket of connections) {
      socket.on("close", () => setImmediate(look))
    }
    look()
  })

const destroyAll = (connections: ReadonlySet<Socket>): void => connections.forEach((socket) => void socket.destroy())

const warn = (problem: string): Effect.Effect<void> =>
  Effect.logWarning(`the heddle command can't reach this system, which runs all the same: ${problem}`)

interface Place {
  readonly socket: string
  readonly card: string
}

/** Where to listen, in a folder that is private; it is made if need be. */
const choosePlace = (around: folders.Surroundings): Place | { readonly problem: string } => {
  const name = `${process.pid}-${randomBytes(4).toString("hex")}`
  const problems: Array<string> = []
  for (const folder of folders.candidates(around)) {
    const socket = folders.socketIn(around.platform, folder, name)
    const problem = socket === undefined
      ? `${folder} is too long for the path of a socket`
      : folders.ensure(folder, around.user)
    if (problem === undefined && socket !== undefined) return { socket, card: card.pathIn(folder, name) }
    if (problem !== undefined) problems.push(problem)
  }
  return { problem: problems.join("; ") }
}

/** Where it was started; the root, which no project is, if that folder has been removed. */
const directory = (): string => {
  try {
    return process.cwd()
  } catch {
    return "/"
  }
}

const describe = ({ module }: Topology, socket: string): card.Card => ({
  protocol: card.protocol,
  pid: process.pid,
  socket,
  directory: directory(),
  config: module.startsWith("file:") ? fileURLToPath(module) : module,
  startedAtMillis: Math.round(performance.timeOrigin)
})

/** Listens, and writes the card. Completes with what went wrong. */
const start = (server: Server, place: Place, own: card.Card): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const fail = (error: unknown): void => {
      server.close()
      resume(Effect.succeed(error instanceof Error ? error.message : String(error)))
    }
    server.once("error", fail)
    server.listen({ path: place.socket }, () => {
      server.off("error", fail)
      // A connection that can't be taken is the command's misfortune, not this process's.
      server.on("error", () => {})
      try {
        if (process.platform !== "win32") chmodSync(place.socket, 0o600)
        card.write(place.card, own)
        resume(Effect.succeed(undefined))
      } catch (error) {
        fail(error)
      }
    })
    server.unref()
    void card.list().catch(() => {})
  })
