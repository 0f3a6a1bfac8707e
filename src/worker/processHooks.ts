/**
 * Hooks into what a thread shares with its process: `process.exit` leaves a note, and no line that the thread prints is lost.
 */
import type { Writable } from "node:stream"
import * as log from "../base/log.ts"
import type { StatusBlock } from "../shared/statusBlock.ts"

/**
 * Installs the hooks in this thread, for good.
 *
 * **Details**
 * - `process.exit` ends only the thread. It is noted on the status block first: Node gives main the same exit code for a thread
 *   that has drained.
 * - Standard output and standard error are written to their file descriptors at once. Node would send them through main, where
 *   they are lost with the thread.
 */
export const install = (own: StatusBlock): void => {
  const exit = process.exit
  process.exit = (code) => {
    own.noteExit()
    return exit(code)
  }
  writeDirectly(process.stdout, 1)
  writeDirectly(process.stderr, 2)
}

/**
 * Has a stream write to a file descriptor at once. What may be written, and in which encoding, is still checked by Node's
 * own `Writable`, whose callbacks, corks and `end` work as everywhere.
 */
const writeDirectly = (stream: Writable, fd: 1 | 2): void => {
  const write = (chunk: unknown, encoding: BufferEncoding): void => {
    if (typeof chunk === "string") log.write(fd, encoding === "utf8" ? chunk : Buffer.from(chunk, encoding))
    else if (chunk instanceof Uint8Array) log.write(fd, chunk)
  }
  stream._write = (chunk: unknown, encoding, done) => {
    write(chunk, encoding)
    done()
  }
  stream._writev = (chunks, done) => {
    for (const { chunk, encoding } of chunks) write(chunk, encoding)
    done()
  }
  stayOpen(stream)
}

/**
 * Has a stream stay open whatever ends it, a `pipeline` for example, as Node has it for the output of the main thread: what the
 * thread prints later is not lost.
 */
const stayOpen = (stream: Writable): void => {
  Reflect.set(stream, "_isStdio", true)
  const undestroy: unknown = Reflect.get(stream, "_undestroy")
  if (typeof undestroy !== "function") return
  stream._destroy = (error, done) => {
    done(error)
    Reflect.apply(undestroy, stream, [])
  }
}
