/**
 * Carries frames between two ends: over a `MessagePort` between threads, or by hand within one.
 *
 * Frames of one turn of the event loop go together, because the cost of a message between threads is mostly the cost
 * of posting it.
 */
import { type MessagePort, receiveMessageOnPort, type Transferable } from "node:worker_threads"
import type { Frame } from "./frame.ts"

/** One end of a link. */
export interface Wire {
  /** `json` says that JSON can write the frame and read it back, which makes a batch of such frames cheaper. */
  readonly post: (frame: Frame, transfer: ReadonlyArray<Transferable>, json?: boolean) => void
  /** Posts at once what waits for the end of the turn, and takes in whatever has arrived already. */
  readonly drain: () => void
  readonly close: () => void
  /** Both ends are in the same thread: values pass as they are. */
  readonly local: boolean
}

export interface Receiver {
  readonly receive: (frame: Frame) => void
  /** A frame could not be posted: it holds something that can't be cloned. */
  readonly unsendable: (frame: Frame, error: unknown) => void
}

/** So many frames are posted without waiting for the end of the turn, so that both sides work at the same time. */
const flushAt = 128

/** An end over a `MessagePort`, which it owns from now on. */
export const overPort = (port: MessagePort, receiver: Receiver): Wire => {
  let frames: Array<Frame> = []
  let transfers: Array<Transferable> = []
  let allJson = true
  let closed = false
  const flush = (): void => {
    if (frames.length === 0 || closed) return
    const [batch, moved, json] = [frames, transfers, allJson && frames.length > 1]
    frames = []
    transfers = []
    allJson = true
    try {
      // One string is cheaper to hand over than many small objects; a single frame may be one large one.
      port.postMessage(json ? JSON.stringify(batch) : batch, moved)
    } catch {
      // One frame spoils the batch, and nothing of it was sent: find out which.
      const spoiled = new Map<number, unknown>()
      const parts = Array.from(new Set(moved))
      for (const frame of batch) {
        const isAnswer = frame[0] === "chunk" || frame[0] === "done"
        try {
          // A stream that lost an element must not end well.
          if (isAnswer && spoiled.has(frame[1])) throw spoiled.get(frame[1])
          port.postMessage([frame], parts.filter((part) => holds(frame, part)))
        } catch (error) {
          if (isAnswer) spoiled.set(frame[1], error)
          receiver.unsendable(frame, error)
        }
      }
    }
  }
  const receive = (posted: string | ReadonlyArray<Frame>): void => {
    const batch: ReadonlyArray<Frame> = typeof posted === "string" ? JSON.parse(posted) : posted
    for (const frame of batch) receiver.receive(frame)
  }
  port.on("message", receive)
  return {
    local: false,
    post(frame, transfer, json = false) {
      if (frames.length === 0) queueMicrotask(flush)
      frames.push(frame)
      if (!json) allJson = false
      for (const part of transfer) transfers.push(part)
      if (frames.length === flushAt) flush()
    },
    drain() {
      flush()
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        receive(next.message)
      }
      flush()
    },
    close() {
      flush()
      closed = true
      port.close()
    }
  }
}

/** An end within one thread; `peer` is the other end's receiver. `local` lets values pass without being translated. */
export const inMemory = (peer: () => Receiver, options: { readonly local: boolean }): Wire => {
  let frames: Array<Frame> = []
  let closed = false
  const flush = (): void => {
    const batch = frames
    frames = []
    for (const frame of batch) if (!closed) peer().receive(frame)
  }
  return {
    local: options.local,
    post(frame) {
      if (frames.length === 0) queueMicrotask(flush)
      frames.push(frame)
    },
    drain: () => {},
    close: () => {
      closed = true
    }
  }
}

/** Whether a value is somewhere in a frame; looked up only after a failure. */
const holds = (value: unknown, part: unknown): boolean =>
  value === part || (ArrayBuffer.isView(value) && value.buffer === part) ||
  (typeof value === "object" && value !== null && Object.values(value).some((inner) => holds(inner, part)))
