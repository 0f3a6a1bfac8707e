/** The library's connection, which says when it beats, leaves out what is no frame, and closes without waiting for a peer that is gone. */
import { type IContextFetchingStrategy, WebSocketShard } from "@discordjs/ws"
import type { GatewaySendPayload } from "discord-api-types/v10"
import * as Effect from "effect/Effect"
import { WebSocket } from "ws"
import { problemOf } from "./gatewayFrames.ts"

const closeWithinMillis = 1000

/** What the bot wants to know. */
export interface Listener {
  /** A heartbeat is sent. The library notes that by the wall clock only. */
  readonly beat: () => void
  /** A frame was left out, for this reason. */
  readonly oddFrame: (problem: string) => void
}

export class BeatingShard extends WebSocketShard {
  readonly #onBeat: () => void

  constructor(strategy: IContextFetchingStrategy, id: number, { beat, oddFrame }: Listener) {
    super(strategy, id)
    this.#onBeat = beat
    checkFrames(this, oddFrame)
  }

  override send(payload: GatewaySendPayload): Promise<void> {
    if (payload.op === heartbeatOp) this.#onBeat()
    return super.send(payload)
  }
}

const heartbeatOp = 1

/** The library's method that reads a frame; it is private. What it returns as null is left out. */
const reading = "unpackMessage"

/** Has a shard leave out what is no frame: the library would fail over it where nobody listens. */
const checkFrames = (shard: WebSocketShard, oddFrame: (problem: string) => void): void => {
  const read: unknown = Reflect.get(shard, reading)
  if (typeof read !== "function") {
    throw new TypeError(`@discordjs/ws has no ${reading} any more; see ${import.meta.url}`)
  }
  const checked = async (...data: ReadonlyArray<unknown>): Promise<unknown> => {
    const frame: unknown = await Promise.resolve(Reflect.apply(read, shard, data)).catch(() => undefined)
    // A part of a frame that goes on in the next message.
    if (frame === null && data[1] === true) return null
    const problem = problemOf(frame)
    if (problem === undefined) return frame
    oddFrame(problem)
    return null
  }
  Reflect.set(shard, reading, checked)
}

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
