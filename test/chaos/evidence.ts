/**
 * What was seen to happen, in one order for all threads: lines of a file that is only ever appended to, because a file
 * outlives every thread. Simulated threads write into a list instead.
 *
 * Each line is a list of words that begins with a kind:
 *
 * ```text
 *   sent   SENDER ACTOR ID MODE HOW TIMEOUT   right before the message is sent, in the same turn of the loop
 *   got    SENDER ID OUTCOME MILLIS       how the sender learned that it ended
 *   start  ACTOR BUILD ID                 the handler runs
 *   end    ACTOR BUILD ID HOW             the handler is done: ok, refused, died, or cut (interrupted)
 *   built  ACTOR BUILD WORKER   closed ACTOR BUILD   an incarnation of the actor, by a name nobody else has, and its worker
 *   child  ACTOR WORKER PID               a handler has started a process that does not end by itself
 *   event  TAG WHO TEXT                   of the supervisor
 *   play   TEXT                           an operation begins
 * ```
 *
 * The last word of each is the time in milliseconds, which no clock that is set moves.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs"

export type Line = ReadonlyArray<string>

/** Where threads find the file. */
export const fileVariable = "HEDDLE_CHAOS_EVIDENCE"

let append: ((line: Line) => void) | undefined

const toFile = (file: number) => (line: Line): void => void writeSync(file, `${line.join("\t")}\n`)

/** Writes one line; when the call returns, it is there. */
export const write = (...words: Line): void => {
  // A thread's file is closed with the thread.
  append ??= toFile(openSync(process.env[fileVariable] ?? "/dev/null", "a"))
  append([
    ...words.map((word) => word.replaceAll(/[\t\n]+/g, " ")),
    String(Math.round(performance.timeOrigin + performance.now()))
  ])
}

/** Reads what was written since the last reading. */
export interface Reader {
  readonly read: () => ReadonlyArray<Line>
  readonly close: () => void
}

/** Keeps the lines of this thread in memory. */
export const inMemory = (): Reader => {
  const lines: Array<Line> = []
  append = (line) => void lines.push(line)
  return { read: () => lines.splice(0), close: () => {} }
}

/** Reads the file, which all threads started from now on write to. */
export const inFile = (path: string): Reader => {
  process.env[fileVariable] = path
  const own = openSync(path, "a")
  append = toFile(own)
  const file = openSync(path, "r")
  const buffer = Buffer.alloc(1 << 20)
  let position = 0
  let rest = ""
  return {
    read() {
      for (;;) {
        const size = readSync(file, buffer, 0, buffer.length, position)
        if (size === 0) break
        position += size
        rest += buffer.toString("utf8", 0, size)
      }
      const lines = rest.split("\n")
      rest = lines.pop() ?? ""
      return lines.map((line) => line.split("\t"))
    },
    close() {
      closeSync(own)
      closeSync(file)
    }
  }
}
