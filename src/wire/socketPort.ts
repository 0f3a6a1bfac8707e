/**
 * A link between two processes: what a `MessagePort` is between two threads, over a pair of Unix sockets.
 *
 * ```text
 *   length, number of large values (4 bytes each)          one batch, as the port of a thread would clone it
 *   where each of them lies, and its length (4 bytes each)
 *   parts by V8's own serialization
 * ```
 *
 * Large values lie in shared memory ([bulk.ts](../shared/bulk.ts)), unless there is no room for them.
 */
import { readSync } from "node:fs"
import { Socket } from "node:net"
import { Deserializer, Serializer } from "node:v8"
import type { Transferable } from "node:worker_threads"
import * as bulk from "../shared/bulk.ts"
import * as ledger from "../shared/ledger.ts"
import * as bound from "../values/bound.ts"
import type { Batch } from "./headers.ts"

/** Where the large values of one direction of a link lie, and the ledger of that direction. */
export interface BulkPlace {
  readonly offset: number
  readonly ledger: SharedArrayBuffer
}

/** Where large values lie, as one end of a link finds them. */
export interface BulkPlaces {
  /** The file of the shared memory. */
  readonly fd: number
  readonly sends: BulkPlace
  readonly receives: BulkPlace
}

/** One end of a pair of sockets, for a thread of the process that has made it. */
export interface SocketEnd {
  readonly fd: number
  /** Int32: 1 if the thread has taken it, which owns it then; 2 if it was closed before. */
  readonly claim: SharedArrayBuffer
  readonly bulk: BulkPlaces
}

/** An end as a child process has received it. */
export interface ReceivedEnd {
  readonly socket: Socket
  readonly bulk: BulkPlaces
}

const [unclaimed, taken, abandoned] = [0, 1, 2]

/** Closes an end unless a thread has taken it. */
export const abandon = ({ claim, fd }: SocketEnd, close: (fd: number) => void): void => {
  if (Atomics.compareExchange(new Int32Array(claim), 0, unclaimed, abandoned) === unclaimed) close(fd)
}

/** Whether no thread has taken an end. */
export const isUntaken = ({ claim }: SocketEnd): boolean => Atomics.load(new Int32Array(claim), 0) === unclaimed

/**
 * Takes an end; `isPaused`: to pass it on, unread. An end that was given up is not opened, because its number may be another
 * file's by now.
 */
export const socketOf = ({ claim, fd }: SocketEnd, isPaused = false): Socket => {
  if (Atomics.compareExchange(new Int32Array(claim), 0, unclaimed, taken) !== unclaimed) {
    throw new Error("the link was given up before it was opened")
  }
  const options = { fd, readable: true, writable: true, allowHalfOpen: true, pauseOnCreate: isPaused }
  return new Socket(options)
}

const headerBytes = 8
/** What is said of a large value. */
const placeBytes = 8
const chunkBytes = 256 * 1024
/** What goes alone has few parts, and only that has large values. */
const mostPartsAlone = 64

const partOf = (fd: number, { ledger: memory, offset }: BulkPlace): bulk.Part => ({
  fd,
  offset,
  taken: ledger.takenOf(memory)
})

/** Puts chunks together to batches. */
class Frames {
  private readonly bulk: bulk.Receiving
  private chunks: Array<Buffer> = []
  private length = 0

  constructor(bulk: bulk.Receiving) {
    this.bulk = bulk
  }

  add(chunk: Buffer): void {
    this.chunks.push(chunk)
    this.length += chunk.length
  }

  /** The next batch, if it is there as a whole. */
  next(): Batch | undefined {
    const [first] = this.chunks
    if (first === undefined || this.length < headerBytes) return undefined
    const head = first.length >= headerBytes ? first : this.join()
    const end = headerBytes + head.readUInt32LE()
    if (this.length < end) return undefined
    const all = head.length >= end ? head : this.join()
    this.length -= end
    if (all.length > end) this.chunks[0] = all.subarray(end)
    else this.chunks.shift()
    return deserialize(all.subarray(headerBytes, end), head.readUInt32LE(4), this.bulk)
  }

  private join(): Buffer {
    const all = Buffer.concat(this.chunks)
    this.chunks = [all]
    return all
  }
}

const deserialize = (content: Buffer, count: number, large: bulk.Receiving): Batch => {
  const reader = new Deserializer(content.subarray(count * placeBytes))
  for (let at = 0; at < count; at++) {
    const from = content.readUInt32LE(at * placeBytes)
    reader.transferArrayBuffer(at, large.take(from, content.readUInt32LE(at * placeBytes + 4)))
  }
  reader.readHeader()
  const parts: unknown = reader.readValue()
  return Array.isArray(parts) ? parts : []
}

const emptyHeader = Buffer.alloc(headerBytes)

/** Throws what a port throws when a value can't be cloned. Large values are put into `large`, as far as there is room. */
const serialize = (parts: Batch, moved: ReadonlyArray<Transferable>, large: bulk.Sending): Buffer => {
  const writer = new Serializer()
  const places: Array<number> = []
  for (const buffer of largeOf(parts, moved)) {
    const from = large.put(new Uint8Array(buffer))
    if (from === undefined) continue
    writer.transferArrayBuffer(places.length / 2, buffer)
    places.push(from, buffer.byteLength)
  }
  try {
    writer.writeRawBytes(places.length === 0 ? emptyHeader : Buffer.alloc(headerBytes + places.length * 4))
    writer.writeHeader()
    writer.writeValue(parts)
  } catch (error) {
    large.undo(places.length / 2)
    throw error
  }
  const content = writer.releaseBuffer()
  content.writeUInt32LE(content.length - headerBytes)
  if (places.length > 0) {
    content.writeUInt32LE(places.length / 2, 4)
    places.forEach((number, index) => content.writeUInt32LE(number, headerBytes + index * 4))
  }
  return content
}

const none: ReadonlySet<ArrayBuffer> = new Set()

/** The buffers of a frame that go by shared memory. */
const largeOf = (parts: Batch, moved: ReadonlyArray<Transferable>): ReadonlySet<ArrayBuffer> => {
  if (parts.length > mostPartsAlone) return none
  let found: Set<ArrayBuffer> | undefined
  const look = (part: unknown): void => {
    const buffer = ArrayBuffer.isView(part) ? part.buffer : part
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= bulk.leastBytes && !buffer.resizable) {
      ;(found ??= new Set()).add(buffer)
    }
  }
  for (const part of parts) if (typeof part === "object") look(part)
  for (const part of moved) look(part)
  return found ?? none
}

/**
 * The port over a socket, which it owns from now on.
 *
 * **Details**
 * - What moves is copied, and is gone where it was sent from, as between threads. Only bytes can move.
 * - `receive` reads what has arrived already, without waiting for the event loop. What a dead process had sent is there then.
 * - `close` sends what waits, and reads nothing any more.
 */
export class SocketPort {
  private readonly socket: Socket
  private readonly frames: Frames
  private readonly large: bulk.Sending
  private receiver: ((parts: Batch) => void) | undefined
  private closed = false

  constructor(socket: Socket, { fd, receives, sends }: BulkPlaces) {
    this.socket = socket
    this.frames = new Frames(new bulk.Receiving(partOf(fd, receives)))
    this.large = new bulk.Sending(partOf(fd, sends))
    // The other process has died: the supervisor says so.
    socket.on("error", () => {})
  }

  on(_event: "message", receiver: (parts: Batch) => void): void {
    this.receiver = receiver
    this.socket.on("data", (chunk: Buffer) => {
      if (this.closed) return
      this.frames.add(chunk)
      for (let next = this.next(); next !== undefined; next = this.next()) this.receiver?.(next)
    })
  }

  /** A batch may have the link closed. */
  private next(): Batch | undefined {
    return this.closed ? undefined : this.frames.next()
  }

  postMessage(parts: Batch, moved: ReadonlyArray<Transferable> = []): void {
    const foreign = moved.find((one) => !(one instanceof ArrayBuffer))
    if (foreign !== undefined) {
      throw new DOMException(`${named(foreign)} can't leave its process.`, "DataCloneError")
    }
    const part = bound.find(parts)
    if (part !== undefined) {
      throw new DOMException(`${named(part)} can't leave its process: send what it holds.`, "DataCloneError")
    }
    if (this.closed) return
    const content = serialize(parts, moved, this.large)
    for (const one of moved) if (one instanceof ArrayBuffer) detach(one)
    if (this.socket.writable) this.socket.write(content)
  }

  /** What `f` posts goes to the kernel together. */
  together(f: () => void): void {
    this.socket.cork()
    f()
    this.socket.uncork()
  }

  /** The next batch that has arrived; nothing if there is none. */
  receive(): { readonly message: Batch } | undefined {
    while (!this.closed) {
      const message = this.frames.next()
      if (message !== undefined) return { message }
      const chunk = readNow(this.socket)
      if (chunk === undefined) return undefined
      this.frames.add(chunk)
    }
    return undefined
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    // Read on, or what is unread would make the end an error for the other side; it keeps nothing alive.
    this.socket.unref()
    this.socket.end(() => this.socket.destroy())
  }
}

const named = (value: object): string => `an instance of ${value.constructor.name}`

/** Some memory doesn't move, WebAssembly's for example: it was copied, and stays. */
const detach = (buffer: ArrayBuffer): void => {
  try {
    // To nothing: its memory is free at once.
    buffer.transfer(0)
  } catch {
    // It can't be detached.
  }
}

/** The descriptor of a socket, or of a pipe, as long as it is open. */
const descriptorOf = (stream: object): number | undefined => {
  const handle: unknown = Reflect.get(stream, "_handle")
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined
  return typeof fd === "number" && fd >= 0 ? fd : undefined
}

/** What a stream has received already, and its event loop has not read yet; nothing if there is none. */
export const readNow = (stream: object): Buffer | undefined => {
  const fd = descriptorOf(stream)
  if (fd === undefined) return undefined
  const chunk = Buffer.allocUnsafe(chunkBytes)
  try {
    const length = readSync(fd, chunk)
    return length === 0 ? undefined : chunk.subarray(0, length)
  } catch {
    // EAGAIN: no more now. Anything else: no more ever.
    return undefined
  }
}
