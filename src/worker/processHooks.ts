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
 *   they are lost with the thread. `keep` gets them as records, in the order in which they come among those of the log.
 */
export const install = (thread: string, own: StatusBlock, keep: log.Keep): void => {
  const exit = process.exit
  process.exit = (code) => {
    own.noteExit()
    return exit(code)
  }
  const printed = (level: "STDOUT" | "STDERR") => (text: string): void =>
    keep(JSON.stringify({ time: new Date().toISOString(), level, thread, message: text.slice(0, mostKept) }))
  writeDirectly(process.stdout, 1, printed("STDOUT"))
  writeDirectly(process.stderr, 2, printed("STDERR"))
}

/** As much of what is printed at a time as is kept. */
const mostKept = 600

/**
 * Has a stream write to a file descriptor at once. What may be written, and in which encoding, is still checked by Node's
 * own `Writable`, whose callbacks, corks and `end` work as everywhere.
 */
const writeDirectly = (stream: Writable, fd: 1 | 2, printed: (text: string) => void): void => {
  const write = (chunk: unknown, encoding: BufferEncoding): void => {
    const isText = typeof chunk === "string" && encoding === "utf8"
    const content = typeof chunk === "string" && !isText ? Buffer.from(chunk, encoding) : chunk
    if (typeof content !== "string" && !(content instanceof Uint8Array)) return
    log.write(fd, content)
    printed(typeof content === "string" ? content : Buffer.from(content).toString())
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
