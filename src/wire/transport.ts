/**
 * Carries frames between two ends: over a `MessagePort` between threads, or by hand within one.
 *
 * Frames of one turn of the event loop go together, because the cost of a message between threads is mostly the cost
 * of posting it.
 */
import { type MessagePort, receiveMessageOnPort, type Transferable } from "node:worker_threads"
import { inCheckPhase, noteDelivery } from "../loop/checkPhase.ts"
import { atEndOfTurn, inTurn } from "../loop/tick.ts"
import * as batch from "./batch.ts"
import { Reader } from "./batchReader.ts"
import type { Chunk, Done, Frame, Request } from "./frame.ts"
import type { Batch } from "./headers.ts"
import { SocketPort } from "./socketPort.ts"
import * as valueFormat from "./valueFormat.ts"

/** One end of a link. */
export interface Wire {
  /**
   * `format` says how the frame's value lies in a batch; a frame without one needs none. What moves something goes alone,
   * because it may fail to.
   */
  readonly post: (frame: Frame, transfer?: ReadonlyArray<Transferable>, format?: valueFormat.ValueFormat) => void
  /** Posts at once what waits for the end of the turn, and takes in whatever has arrived already. */
  readonly drain: () => void
  /** Posts at once what waits for the end of the turn. */
  readonly flush: () => void
  readonly close: () => void
  /** Both ends are in the same thread: values pass as they are. */
  readonly local: boolean
}

/** What carries batches: the port of a thread, or a socket to another process. */
export type Port = MessagePort | SocketPort

/** The next batch that has arrived at a port; nothing if there is none. */
const receiveNow = (port: Port): { readonly message: Batch } | undefined =>
  port instanceof SocketPort ? port.receive() : receiveMessageOnPort(port)

/** Takes in what arrives at one end of a link. */
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

/** The same for frames that go alone. */
const mostAlone = 128

/**
 * With more unanswered requests than this, a link posts in the check phase, after all ports have delivered. If it posted at
 * the end of each port's tick, each post would carry the fewer messages, the more threads there are.
 */
const deferFrom = 16

/** Posts what a batch has. A list of nothing costs a lone message more than none. */
const postTo = (port: Port, { moved, parts }: batch.Taken): void => {
  if (moved.length === 0) port.postMessage(parts)
  else port.postMessage(parts, Array.from(moved))
}

/** A frame that goes alone. */
interface Alone extends batch.Apart {
  readonly frame: Frame
}

/** Posts frames that go alone, each after what was added before it. Returns how many asks and streams could not be posted. */
const postAlone = (port: Port, receiver: Receiver, frames: ReadonlyArray<Alone>): number => {
  let spoiled: Map<number, unknown> | undefined
  let unsent = 0
  for (const { alone, before, frame } of frames) {
    if (before.parts.length > 0) postTo(port, before)
    try {
      // A stream that lost an element must not end well.
      if (isAnswer(frame) && spoiled?.has(frame[1])) throw spoiled.get(frame[1])
      moveOrCopy(alone.moved, (moved) => port.postMessage(alone.parts, Array.from(moved)))
    } catch (error) {
      if (isAnswer(frame)) (spoiled ??= new Map()).set(frame[1], error)
      if (expectsAnswer(frame)) unsent++
      receiver.unsendable(frame, error)
    }
  }
  return unsent
}

/**
 * An end over a port, which it owns from now on.
 *
 * **Details**
 * - Frames are posted at the end of the tick, or as soon as 1024 parts or 128 frames that go alone wait.
 * - With more than 16 unanswered requests they are posted in the check phase instead.
 * - Frames arrive in the order in which they were posted, those that go alone included.
 */
export const overPort = (port: Port, receiver: Receiver): Wire => {
  const writer = new batch.Writer()
  const reader = new Reader()
  // What can be cloned for a thread may be more than a socket can carry, and then it must not take others with it.
  const isSocket = port instanceof SocketPort
  let waiting: Array<Alone> = []
  let scheduled = false
  let closed = false
  /** Asks and streams that were posted and are not answered. */
  let unanswered = 0

  const postWaiting = (): void => {
    const frames = waiting
    waiting = []
    unanswered -= postAlone(port, receiver, frames)
  }

  const flush = (): void => {
    if (closed) return
    if (waiting.length > 0) {
      if (port instanceof SocketPort && waiting.length > 1) port.together(postWaiting)
      else postWaiting()
    }
    if (writer.length > 0) postTo(port, writer.take())
  }

  const flushLast = (): void => {
    scheduled = false
    flush()
  }

  const endTurn = (): void => {
    if (unanswered > deferFrom) inCheckPhase(flushLast)
    else flushLast()
  }

  const receiveFrame = (frame: Frame): void => {
    if (frame[0] === "done") unanswered--
    receiver.receive(frame)
  }

  const read = (posted: Batch): void => reader.read(posted, receiveFrame)
  const receive = (posted: Batch): void => {
    inTurn(read, posted)
    noteDelivery()
  }
  port.on("message", receive)

  return {
    local: false,
    flush,
    post(frame, transfer = [], format = valueFormat.plain) {
      if (expectsAnswer(frame)) unanswered++
      if (!scheduled) {
        scheduled = true
        atEndOfTurn(endTurn)
      }
      const mayFail = transfer.length > 0 || (isSocket && format.mayBeBytes)
      if (mayFail || follows(waiting, frame) || !writer.add(frame, format)) {
        const { alone, before } = writer.takeApart(frame, format, transfer)
        waiting.push({ alone, before, frame })
      }
      if (writer.length >= flushAt || waiting.length >= mostAlone) flush()
    },
    drain() {
      flush()
      for (let next = receiveNow(port); next !== undefined; next = receiveNow(port)) {
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

/** A frame is an answer, as one that waits is: it must not overtake that. */
const follows = (waiting: ReadonlyArray<Alone>, frame: Frame): boolean =>
  waiting.length > 0 && isAnswer(frame) && waiting.some(({ frame: other }) => isAnswer(other) && other[1] === frame[1])

/** Some memory doesn't move, WebAssembly's for example, and nothing tells it from other memory: then it is copied. */
const moveOrCopy = <A>(transfer: ReadonlyArray<Transferable>, run: (transfer: ReadonlyArray<Transferable>) => A): A => {
  try {
    return run(transfer)
  } catch (error) {
    const others = transfer.filter((one) => !(one instanceof ArrayBuffer))
    if (others.length === transfer.length) throw error
    return run(others)
  }
}

const expectsAnswer = (frame: Frame): boolean => frame[0] === "ask" || frame[0] === "open"

const isAnswer = (frame: Frame): frame is Chunk | Done => frame[0] === "chunk" || frame[0] === "done"

/**
 * An end within one thread; `peer` is the other end's receiver. Values are copies already; what moves is moved here, so that
 * it is gone where it was sent from, as between threads.
 */
export const inMemory = (peer: () => Receiver): Wire => {
  let frames: Array<Frame> = []
  let moves: Map<Frame, ReadonlyArray<Transferable>> | undefined
  let closed = false

  const flush = (): void => {
    const batch = frames
    const moving = moves
    frames = []
    moves = undefined
    let spoiled: ReadonlyMap<number, unknown> | undefined
    for (const frame of batch) {
      if (closed) return
      const transfer = moving?.get(frame)
      // What moves may fail to. A stream that lost an element must not end well.
      if (transfer === undefined && spoiled === undefined) peer().receive(frame)
      else spoiled = deliver(frame, transfer, spoiled)
    }
  }

  /** Delivers a frame that may fail; `spoiled` are the errors of answers that did, by slot. */
  const deliver = (
    frame: Frame,
    transfer: ReadonlyArray<Transferable> | undefined,
    spoiled: ReadonlyMap<number, unknown> | undefined
  ): ReadonlyMap<number, unknown> | undefined => {
    try {
      if (isAnswer(frame) && spoiled?.has(frame[1])) throw spoiled.get(frame[1])
      peer().receive(transfer === undefined ? frame : moved(frame, transfer))
      return spoiled
    } catch (error) {
      peer().unsendable(frame, error)
      return isAnswer(frame) ? new Map(spoiled).set(frame[1], error) : spoiled
    }
  }

  return {
    local: true,
    post(frame, transfer = []) {
      if (frames.length === 0) atEndOfTurn(flush)
      frames.push(frame)
      if (transfer.length > 0) (moves ??= new Map()).set(frame, transfer)
    },
    drain: () => {},
    flush: () => {},
    close: () => {
      closed = true
    }
  }
}

/** A frame whose value has been moved as it would be between threads. */
const moved = (frame: Frame, transfer: ReadonlyArray<Transferable>): Frame => {
  const move = (value: unknown): unknown =>
    moveOrCopy(transfer, (transfer) => structuredClone(value, { transfer: Array.from(transfer) }))
  switch (frame[0]) {
    case "ask":
    case "tell":
    case "open":
      return withPayload(frame, move(frame[4]))
    case "done":
      return ["done", frame[1], frame[2], move(frame[3])]
    case "chunk": {
      const values = move(frame[2])
      return Array.isArray(values) ? ["chunk", frame[1], values] : frame
    }
    default:
      return frame
  }
}

const withPayload = (request: Request, payload: unknown): Request => {
  const [kind, slot, actor, tag, , chain = [], span = null, envelope, key] = request
  if (key !== undefined) return [kind, slot, actor, tag, payload, chain, span, envelope, key]
  return envelope === undefined
    ? [kind, slot, actor, tag, payload, chain, span]
    : [kind, slot, actor, tag, payload, chain, span, envelope]
}
