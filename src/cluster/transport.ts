/**
 * The connections between machines: TLS with a key that both have, instead of certificates.
 *
 * A process without the key fails in the handshake, in which each side proves that it has it, and neither sends it. The keys of a connection are
 * ephemeral: who learns the secret later can't read what was recorded.
 */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SocketServer } from "effect/socket/SocketServer"
import type { Socket } from "node:net"
import { connect as connectTls, type ConnectionOptions, createServer, type TlsOptions, type TLSSocket } from "node:tls"
import { type Address, parse } from "../base/address.ts"
import { problemOf } from "./listening.ts"
import { Excluded, type Settings } from "./settings.ts"

/** What a client says it is. There is one key for all. */
const identity = "heddle"

/** Both sides authenticate by the key; forward secrecy; nothing weaker is offered. */
const suite = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2"
} as const satisfies TlsOptions

/** How long a handshake may take. */
const handshakeMillis = 5000

/** How long connecting may take. */
const openMillis = 1000

/** A server lets in those who have the key. */
const serverOptions = (secret: Buffer) => ({
  ...suite,
  noDelay: true,
  handshakeTimeout: handshakeMillis,
  pskIdentityHint: identity,
  pskCallback: (_socket: TLSSocket, name: string) => name === identity ? secret : null
})

/** Listens for other machines. That one of them ends, and its connections with it, is no error. */
export const server = ({ listen, secret }: Settings) =>
  Layer.effect(SocketServer)(
    Effect.map(
      NodeSocketServer.makeTls({ ...serverOptions(secret), host: listen.host, port: listen.port }),
      (listening) =>
        SocketServer.of({
          ...listening,
          run: (handler) => listening.run((socket) => Effect.ignoreCause(handler(socket)))
        })
    )
  )

/** A client proves that it has the key. */
const clientOptions = (
  { host, port }: Address,
  secret: Buffer
): ConnectionOptions & { readonly host: string; readonly port: number; readonly noDelay: boolean } => ({
  ...suite,
  host,
  port,
  noDelay: true,
  // There is no certificate to compare the name with: the key is the proof.
  checkServerIdentity: () => undefined,
  pskCallback: () => ({ psk: secret, identity })
})

/** A connection to another machine, which opens when it is read. */
export const connect = (address: Address, secret: Buffer) =>
  NodeSocket.makeTls({ ...clientOptions(address, secret), openTimeout: openMillis })

/** Listens until the scope closes, so that others can see whether they reach this machine; who connects is told nothing. */
export const listen = ({ listen, secret }: Settings) =>
  Effect.acquireRelease(
    Effect.callback<Effect.Effect<void>, Excluded>((resume) => {
      const connected = new Set<Socket>()
      const server = createServer(serverOptions(secret), (socket) => socket.on("error", () => {}))
      server.on("connection", (socket) => connected.add(socket.once("close", () => connected.delete(socket))))
      server.once("error", (error) => resume(Effect.fail(new Excluded(problemOf(listen, error)))))
      const close = Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of connected) socket.destroy()
      })
      server.listen(listen.port, listen.host, () => resume(Effect.succeed(close)))
    }),
    (close) => close
  )

/** Why a machine can't be connected to; nothing if it can. */
export const reach = (address: string, { secret }: Settings): Effect.Effect<string | null> => {
  const parsed = parse(address)
  if (parsed === undefined) return Effect.succeed(`${address} is no address`)
  return Effect.callback<string | null>((resume) => {
    const end = (why: string | null): void => {
      socket.destroy()
      resume(Effect.succeed(why))
    }
    const socket = connectTls(clientOptions(parsed, secret), () => end(null))
    socket.on("error", (error) => end(error.message))
    return Effect.sync(() => socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({ duration: openMillis, orElse: () => Effect.succeed(`no answer within ${openMillis} ms`) })
  )
}
