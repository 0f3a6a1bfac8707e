/**
 * Log lines that survive the thread that wrote them.
 *
 * A thread's `console` goes through the main thread and is lost when the thread is terminated, or when the main loop is
 * busy; writing to the file descriptor is done when the call returns.
 */
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import { writeSync } from "node:fs"
import { isatty } from "node:tty"
import * as lines from "./logLine.ts"
import * as settings from "./logSettings.ts"

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
      rest = rest.subarray(writeSync(fd === 2 ? errors : fd, rest))
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

/** Where errors go: a child process has a descriptor of its own for them, because native code writes to 2. */
let errors = 2

/** Has errors go to another descriptor. */
export const errorsTo = (fd: number): void => {
  errors = fd
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

/** The loggers that export what their own thread logs. */
const exporters = new WeakSet<object>()

/** A logger exports what its own thread logs: those of other threads do the same for themselves. */
export const noteExporter = (logger: object): void => void exporters.add(logger)

export const isExporter = (logger: object): boolean => exporters.has(logger)

/** How records are written, unless the environment says otherwise: text for a terminal, JSON for whatever reads a pipe or a file. */
const formatOf = (chosen: string | undefined): "json" | "text" =>
  chosen === "json" || chosen === "text" ? chosen : isatty(1) ? "text" : "json"

/** Receives each record as a line of JSON, of at most 4 KB. */
export type Keep = (line: string) => void

/** Who writes records: a thread, which incarnation of it, and what else is to get them. */
export interface Writer {
  readonly thread: string
  readonly incarnation?: number
  readonly keep?: Keep
}

/** Keeps a record that is written elsewhere. */
export const keep = ({ incarnation, keep, thread }: Writer, options: Logger.Options<unknown>): void =>
  keep?.(lines.shortJson(lines.lineOf(options, thread, incarnation)))

/** Writes one line a record, as `HEDDLE_LOG` says: JSON or text. */
export const logger = ({ incarnation, keep, thread }: Writer): Logger.Logger<unknown, void> => {
  const show = formatOf(process.env["HEDDLE_LOG"]) === "json" ? lines.json : lines.text
  const logger = Logger.make((options: Logger.Options<unknown>) => {
    const line = lines.lineOf(options, thread, incarnation)
    write(1, `${show(line)}\n`)
    keep?.(lines.shortJson(line))
  })
  own.add(logger)
  return logger
}

/** The logger of a thread, of `"main"` for one, and the level that the environment sets for it. */
export const layer = (thread: string, keep?: Keep): Layer.Layer<never> => {
  const loggers = Logger.layer([logger({ thread, ...(keep === undefined ? {} : { keep }) })])
  const level = settings.levelOf(settings.levels(), thread)
  return level === undefined ? loggers : Layer.merge(loggers, Layer.succeed(References.MinimumLogLevel, level))
}
