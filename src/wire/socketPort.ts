/**
 * A link between two processes: what a `MessagePort` is between two threads, over a pair of Unix sockets.
 *
 * ```text
 *   length (4 bytes), parts by V8's own serialization      one batch, as the port of a thread would clone it
 * ```
 */
import { readSync } from "node:fs"
import { Socket } from "node:net"
import { Deserializer, Serializer } from "node:v8"
import type { Transferable } from "node:worker_threads"
import * as bound from "../values/bound.ts"
import type { Batch } from "./headers.ts"

/** One end of a pair of sockets, for a thread of the process that has made it. */
export interface SocketEnd {
  readonly fd: number
  /** Int32: 1 if the thread has taken it, which owns it then; 2 if it was closed before. */
  readonly claim: SharedArrayBuffer
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

const headerBytes = 4
const chunkBytes = 256 * 1024

/** Puts chunks together to batches. */
class Frames {
  private chunks: Array<Buffer> = []
  private length = 0

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
    return deserialize(all.subarray(headerBytes, end))
  }

  private join(): Buffer {
    const all = Buffer.concat(this.chunks)
    this.chunks = [all]
    return all
  }
}

const deserialize = (content: Buffer): Batch => {
  const reader = new Deserializer(content)
  reader.readHeader()
  const parts: unknown = reader.readValue()
  return Array.isArray(parts) ? parts : []
}

/** Throws what a port throws when a value can't be cloned. */
const serialize = (parts: Batch): Buffer => {
  const writer = new Serializer()
  writer.writeRawBytes(Buffer.alloc(headerBytes))
  writer.writeHeader()
  writer.writeValue(parts)
  const content = writer.releaseBuffer()
  content.writeUInt32LE(content.length - headerBytes)
  return content
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
  private readonly frames = new Frames()
  private receiver: ((parts: Batch) => void) | undefined
  private closed = false

  constructor(socket: Socket) {
    this.socket = socket
    // The other process has died: the supervisor says so.
    socket.on("error", () => {})
  }

  on(_event: "message", receiver: (parts: Batch) => void): void {
    this.receiver = receiver
    this.socket.on("data", (chunk: Buffer) => {
      this.frames.add(chunk)
      for (let next = this.frames.next(); next !== undefined; next = this.frames.next()) this.deliver(next)
    })
  }

  private deliver(parts: Batch): void {
    if (!this.closed) this.receiver?.(parts)
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
    const content = serialize(parts)
    for (const one of moved) if (one instanceof ArrayBuffer) detach(one)
    if (this.closed || !this.socket.writable) return
    if (this.socket.writableCorked === 0) {
      this.socket.cork()
      process.nextTick(() => this.socket.uncork())
    }
    this.socket.write(content)
  }

  /** Hands what was posted in this turn to the kernel, as far as that takes it. */
  flush(): void {
    while (this.socket.writableCorked > 0) this.socket.uncork()
  }

  /** The next batch that has arrived; nothing if there is none. */
  receive(): { readonly message: Batch } | undefined {
    for (;;) {
      const message = this.frames.next()
      if (message !== undefined) return { message }
      const chunk = readNow(this.socket)
      if (chunk === undefined) return undefined
      this.frames.add(chunk)
    }
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
    buffer.transfer()
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
