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
import type { ConnectionOptions, TlsOptions } from "node:tls"
import type { Address } from "../base/address.ts"
import type { Settings } from "./settings.ts"

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

/** Listens for other machines. That one of them ends, and its connections with it, is no error. */
export const server = ({ listen, secret }: Settings) =>
  Layer.effect(SocketServer)(
    Effect.map(
      NodeSocketServer.makeTls({
        ...suite,
        host: listen.host,
        port: listen.port,
        noDelay: true,
        handshakeTimeout: handshakeMillis,
        pskIdentityHint: identity,
        pskCallback: (_socket, name) => name === identity ? secret : null
      }),
      (listening) =>
        SocketServer.of({
          ...listening,
          run: (handler) => listening.run((socket) => Effect.ignoreCause(handler(socket)))
        })
    )
  )

/** A connection to another machine, which opens when it is read. */
export const connect = ({ host, port }: Address, secret: Buffer) => {
  const options: ConnectionOptions & { readonly noDelay: boolean } = {
    ...suite,
    host,
    port,
    noDelay: true,
    // There is no certificate to compare the name with: the key is the proof.
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: secret, identity })
  }
  return NodeSocket.makeTls({ ...options, openTimeout: openMillis })
}
