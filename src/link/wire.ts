/**
 * Carries frames between two ends: over a `MessagePort` between threads, or by hand within one.
 *
 * Frames of one turn of the event loop go together, because the cost of a message between threads is mostly the cost
 * of posting it.
 */
import { type MessagePort, receiveMessageOnPort, type Transferable } from "node:worker_threads"
import * as batch from "./batch.ts"
import type { Chunk, Done, Frame } from "./frame.ts"
import * as layout from "./layout.ts"
import { atEndOfTurn, inTurn } from "./turn.ts"

/** One end of a link. */
export interface Wire {
  /**
   * `how` says how the frame's value lies in a batch; a frame without one needs none. What it may not be possible to clone
   * goes alone.
   */
  readonly post: (frame: Frame, transfer?: ReadonlyArray<Transferable>, how?: layout.Layout) => void
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

/**
 * So many parts are posted without waiting for the end of the turn, so that both sides work at the same time. They are those
 * of some three hundred small messages, or elements of a stream.
 */
const flushAt = 1024

/** And so many frames that go alone. */
const mostAlone = 128

/** A frame that goes alone. */
interface Alone extends batch.Apart {
  readonly frame: Frame
  readonly transfer: ReadonlyArray<Transferable>
}

/** An end over a `MessagePort`, which it owns from now on. */
export const overPort = (port: MessagePort, receiver: Receiver): Wire => {
  const writer = new batch.Writer()
  const reader = new batch.Reader()
  let waiting: Array<Alone> = []
  let scheduled = false
  let closed = false

  /** Posts frames that go alone, each after what was added before it. */
  const postAlone = (frames: ReadonlyArray<Alone>): void => {
    let spoiled: Map<number, unknown> | undefined
    for (const { alone, before, frame, transfer } of frames) {
      if (before.length > 0) port.postMessage(before)
      try {
        // A stream that lost an element must not end well.
        if (isAnswer(frame) && spoiled?.has(frame[1])) throw spoiled.get(frame[1])
        const moved = transfer.length > 1 ? Array.from(new Set(transfer)) : [...transfer]
        port.postMessage(copyBytes(alone, moved), moved)
      } catch (error) {
        if (isAnswer(frame)) (spoiled ??= new Map()).set(frame[1], error)
        receiver.unsendable(frame, error)
      }
    }
  }

  const flush = (): void => {
    if (closed) return
    if (waiting.length > 0) {
      const frames = waiting
      waiting = []
      postAlone(frames)
    }
    const rest = writer.take()
    if (rest.length > 0) port.postMessage(rest)
  }

  const endTurn = (): void => {
    scheduled = false
    flush()
  }

  const read = (posted: batch.Batch): void => reader.read(posted, receiver.receive)
  const receive = (posted: batch.Batch): void => inTurn(read, posted)
  port.on("message", receive)

  return {
    local: false,
    post(frame, transfer = [], how = layout.plain) {
      if (!scheduled) {
        scheduled = true
        atEndOfTurn(endTurn)
      }
      const follows = waiting.length > 0 && isAnswer(frame) &&
        waiting.some(({ frame: other }) => isAnswer(other) && other[1] === frame[1])
      if (how.mayFail || follows || !writer.add(frame, how)) {
        const { alone, before } = writer.takeApart(frame, how)
        waiting.push({ alone, before, frame, transfer })
      }
      if (writer.length >= flushAt || waiting.length >= mostAlone) flush()
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

/** From so many bytes on it costs less to copy them and move the copy: who clones bytes copies them twice. */
const moveFrom = 8192

/** Copies bytes that don't move: exactly what a view looks at, and not all of its memory. Large copies are added to `moved`. */
const copyBytes = (parts: batch.Batch, moved: Array<Transferable>): batch.Batch => {
  const isToCopy = (part: unknown): part is Uint8Array => part instanceof Uint8Array && !mayBeCloned(part, moved)
  if (!parts.some(isToCopy)) return parts
  return parts.map((part) => {
    if (!isToCopy(part)) return part
    const copy = new Uint8Array(part)
    if (copy.byteLength >= moveFrom) moved.push(copy.buffer)
    return copy
  })
}

/** They move, or are few and all that their memory holds. */
const mayBeCloned = ({ buffer, byteLength }: Uint8Array, moved: ReadonlyArray<Transferable>): boolean =>
  buffer instanceof ArrayBuffer &&
  ((byteLength === buffer.byteLength && byteLength < moveFrom) || moved.includes(buffer))

const isAnswer = (frame: Frame): frame is Chunk | Done => frame[0] === "chunk" || frame[0] === "done"

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
      if (frames.length === 0) atEndOfTurn(flush)
      frames.push(frame)
    },
    drain: () => {},
    close: () => {
      closed = true
    }
  }
}
