/**
 * What a worker thread does for its supervisor beside hosting actors: beats when it is asked, leaves word of
 * `process.exit`, and loses no line that it prints.
 */
import * as board from "../link/board.ts"
import type { ThreadInit } from "../link/control.ts"
import * as log from "../log.ts"

/** `tellNews` tells what is new to tell. What comes back answers the supervisor's `Beat`. */
export const install = (init: ThreadInit, tellNews: () => void): (tell: boolean) => void => {
  const own = board.make(init.board)

  const exit = process.exit
  process.exit = (code) => {
    own.noteExit()
    return exit(code)
  }

  process.stdout.write = directly(1)
  process.stderr.write = directly(2)

  const beat = (tell: boolean): void => {
    if (tell) tellNews()
    const { heapUsed } = process.memoryUsage()
    if (tell) own.noteTold(performance.eventLoopUtilization().active)
    own.beat(heapUsed)
  }
  // After what else this turn of the loop had to do: nearly nothing is left of it that would look like more news.
  return (tell) => void setImmediate(beat, tell)
}

type Written = (error?: Error | null) => void

const directly =
  (fd: 1 | 2) => (text: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
    log.write(fd, text)
    const done = typeof encoding === "function" ? encoding : written
    if (done !== undefined) queueMicrotask(() => done())
    return true
  }
