/**
 * Log lines that survive the thread that wrote them.
 *
 * A thread's `console` goes through the main thread and is lost when the thread is terminated, or when the main loop is
 * busy; writing to the file descriptor is done when the call returns.
 */
import * as Cause from "effect/Cause"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { writeSync } from "node:fs"

/**
 * Writes to a file descriptor; a pipe that is full for the moment is waited for.
 *
 * Never throws, and does not wait for ever: what a reader doesn't take for two seconds is lost, and from then on what it
 * doesn't take at once, until it reads again. When nobody reads any more, all is lost.
 */
export const write = (fd: 1 | 2, text: string | Uint8Array): void => {
  let rest = typeof text === "string" ? Buffer.from(text) : text
  let waitedMillis = 0
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
      waitedMillis = 0
      Atomics.store(stuck, fd, 0)
    } catch (error) {
      // EAGAIN: the reader is slow. Anything else (a closed pipe, a terminal that is gone): nobody reads any more.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return
      if (Atomics.load(stuck, fd) === 1 || waitedMillis >= patienceMillis) return void Atomics.store(stuck, fd, 1)
      Atomics.wait(pause, 0, 0, 1)
      waitedMillis++
    }
  }
}

const patienceMillis = 2000
/** By file descriptor: 1 if its reader has stopped reading. All threads share it, so that only one of them waits. */
let stuck = new Int32Array(new SharedArrayBuffer(12))

/** What the threads of this process share about its output. */
export const sharedOutput = (): Int32Array<SharedArrayBuffer> => stuck

/** Shares it. */
export const shareOutput = (shared: Int32Array<SharedArrayBuffer>): void => {
  stuck = shared
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** The loggers that `logger` has made. */
const own = new WeakSet<object>()

/** Whether a logger writes as those of all threads do, to the file descriptor. */
export const isOwn = (logger: object): boolean => own.has(logger)

/** One line a record: `12:00:00.000 INFO  bot/DiscordBot  message  key=value`. */
export const logger = (thread: string): Logger.Logger<unknown, void> => {
  const logger = makeLogger(thread)
  own.add(logger)
  return logger
}

const makeLogger = (writer: string): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, date, fiber, logLevel, message }) => {
    // What another thread has logged says so itself.
    const { actor, thread = writer, ...annotations } = fiber.getRef(References.CurrentLogAnnotations)
    const where = typeof actor === "string" ? `${show(thread)}/${actor}` : show(thread)
    const parts = Array.isArray(message) ? message : [message]
    const line = [
      `${date.toISOString().slice(11, 23)} ${logLevel.toUpperCase().padEnd(5)} ${where} `,
      ...parts.map(show),
      ...Object.entries(annotations).map(([key, value]) => `${key}=${show(value)}`)
    ].join(" ")
    const reason = cause.reasons.length === 0 ? "" : `\n${Cause.pretty(cause)}`
    write(1, `${line}${reason}\n`)
  })

/** The logger of a thread, by its name: each record is a line, written before the call returns. */
export const layer = (thread: string) => Logger.layer([logger(thread)])

const show = (value: unknown): string => {
  if (typeof value === "string") return value
  if (value instanceof Error) return value.stack ?? String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
