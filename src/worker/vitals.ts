/**
 * What a worker thread does for its supervisor beside hosting actors: beats, leaves word of `process.exit`, and loses
 * no line that it prints.
 */
import * as board from "../link/board.ts"
import type { ThreadInit } from "../link/control.ts"
import * as log from "../log.ts"

export const install = (init: ThreadInit, onBeat: () => void): void => {
  const own = board.make(init.board)

  const beat = (): void => {
    own.beat(process.memoryUsage().heapUsed)
    onBeat()
  }
  beat()
  setInterval(beat, init.beatMillis).unref()

  const exit = process.exit
  process.exit = (code) => {
    own.noteExit()
    return exit(code)
  }

  process.stdout.write = directly(1)
  process.stderr.write = directly(2)
}

type Written = (error?: Error | null) => void

const directly =
  (fd: 1 | 2) => (text: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
    log.write(fd, text)
    const done = typeof encoding === "function" ? encoding : written
    if (done !== undefined) queueMicrotask(() => done())
    return true
  }
