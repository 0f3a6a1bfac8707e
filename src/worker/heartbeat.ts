/**
 * What a worker thread does for its supervisor besides hosting actors: beats when it is asked, leaves word of
 * `process.exit`, and loses no line that it prints.
 */
import { performance } from "node:perf_hooks"
import type { Writable } from "node:stream"
import { getHeapStatistics } from "node:v8"
import * as log from "../base/log.ts"
import type { ThreadInit } from "../control/protocol.ts"
import * as statusBlock from "../shared/statusBlock.ts"

/** `tellNews` tells what is new to tell. What comes back answers the supervisor's `Beat`. */
export const install = (init: ThreadInit, tellNews: () => void): (tell: boolean) => void => {
  const own = statusBlock.make(init.block)

  const exit = process.exit
  process.exit = (code) => {
    own.noteExit()
    return exit(code)
  }

  writeDirectly(process.stdout, 1)
  writeDirectly(process.stderr, 2)

  const beat = (tell: boolean): void => {
    if (tell) tellNews()
    if (tell) own.noteTold(performance.eventLoopUtilization().active)
    // Not `process.memoryUsage`, which reads /proc: a container need not have it.
    own.beat(getHeapStatistics().used_heap_size)
  }
  // After what else this turn of the loop had to do: nearly nothing is left of it that would look like more news.
  return (tell) => void setImmediate(beat, tell)
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
}
