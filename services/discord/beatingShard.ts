/** The library's connection, which says when it beats and closes without waiting for a peer that is gone. */
import { type IContextFetchingStrategy, WebSocketShard } from "@discordjs/ws"
import type { GatewaySendPayload } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import { WebSocket } from "ws"

const closeWithinMillis = 1000

/** Says when it sends a heartbeat: the library notes that by the wall clock only. */
export class BeatingShard extends WebSocketShard {
  readonly #onBeat: () => void

  constructor(strategy: IContextFetchingStrategy, id: number, onBeat: () => void) {
    super(strategy, id)
    this.#onBeat = onBeat
  }

  override send(payload: GatewaySendPayload): Promise<void> {
    if (payload.op === heartbeatOp) this.#onBeat()
    return super.send(payload)
  }
}

const heartbeatOp = 1

/** Closes the socket, and cuts it after a second: the library would wait 30 seconds for a peer that is gone. */
export const close = (shard: WebSocketShard, code: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const socket: unknown = Reflect.get(shard, "connection")
    shard.destroy({ code }).catch(() => {})
    if (!(socket instanceof WebSocket) || socket.readyState === WebSocket.CLOSED) return resume(Effect.void)
    const cut = setTimeout(() => socket.terminate(), closeWithinMillis)
    socket.on("error", () => {})
    socket.once("close", () => {
      clearTimeout(cut)
      resume(Effect.void)
    })
    if (socket.readyState === WebSocket.CONNECTING) socket.terminate()
  })
