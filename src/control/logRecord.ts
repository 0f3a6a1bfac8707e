/**
 * What a thread logs, on its way to the loggers of the program on main.
 *
 * ```text
 *   a thread's own logger, by a layer  <-- if there is one, else --+
 *   the file descriptor itself         <-- if main has heddle's ---+-- a record
 *   a port, and then main's loggers    <-- if main has others -----+
 * ```
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import { inspect, types } from "node:util"
import * as log from "../base/log.ts"
import * as settings from "../base/logSettings.ts"
import * as thrown from "../base/thrown.ts"
import * as ExitCause from "../ExitCause.ts"
import type { ThreadSpec } from "./topology.ts"

/** How a thread logs what none of its own loggers takes. */
export interface Logging {
  /** To the file descriptor, as main does; to main, for its loggers; or not at all, as main. */
  readonly to: "descriptor" | "main" | "nobody"
  readonly minimumLevel: LogLevel.LogLevel
}

/** One reason of a cause, in words. */
const Reason = Schema.Struct({
  _tag: Schema.Literals(["Fail", "Die", "Interrupt"]),
  name: Schema.String,
  message: Schema.String,
  stack: Schema.String
})
type Reason = typeof Reason.Type

/** A record that can be posted. */
export const LogRecord = Schema.Struct({
  atMillis: Schema.Finite,
  level: Schema.Literals(["Fatal", "Error", "Warn", "Info", "Debug", "Trace", "All", "None"]),
  message: Schema.Array(Schema.Unknown),
  annotations: Schema.Record(Schema.String, Schema.Unknown),
  spans: Schema.Array(Schema.Tuple([Schema.String, Schema.Finite])),
  cause: Schema.Array(Reason)
})
export type LogRecord = typeof LogRecord.Type

/** How threads log, as the loggers and the level of main have it. */
export const loggingOf = (main: Context.Context<never>): Logging => {
  const loggers = Array.from(Context.get(main, Logger.CurrentLoggers)).filter((logger) => !log.isExporter(logger))
  return {
    to: loggers.length === 0 ? "nobody" : loggers.every(log.isOwn) ? "descriptor" : "main",
    minimumLevel: Context.get(main, References.MinimumLogLevel)
  }
}

/** How one thread logs, whose level the environment may set. */
export const ofThread = (logging: Logging, { group, name }: ThreadSpec): Logging => ({
  ...logging,
  minimumLevel: settings.levelOf(settings.levels(), name, group.name) ?? logging.minimumLevel
})

/** The loggers and the level of an incarnation of a thread, until a layer provides others. `keep` gets what they log, too. */
export const contextOf = (
  { incarnation, keep, thread }: { readonly thread: string; readonly incarnation: number; readonly keep?: log.Keep },
  { minimumLevel, to }: Logging,
  post: (record: LogRecord) => void
): Context.Context<never> => {
  const writer = { thread, incarnation, ...(keep === undefined ? {} : { keep }) }
  const logger = to === "descriptor" ? log.logger(writer) : to === "main" ? poster(writer, post) : undefined
  return Context.empty().pipe(
    Context.add(Logger.CurrentLoggers, new Set(logger === undefined ? [] : [logger])),
    Context.add(References.MinimumLogLevel, minimumLevel)
  )
}

/** Has main's loggers write a record of a thread, which it says by the annotation `thread`. */
export const write = (thread: string, record: LogRecord): Effect.Effect<void> => {
  const { annotations, atMillis, level, message, spans } = record
  const cause = Cause.fromReasons(record.cause.map(toReason))
  return Effect.withFiber<void>((fiber) => {
    for (const logger of fiber.getRef(Logger.CurrentLoggers)) {
      if (log.isExporter(logger)) continue
      logger.log({ cause, fiber, date: new Date(atMillis), logLevel: level, message })
    }
    return Effect.void
  }).pipe(
    Effect.provideService(References.CurrentLogAnnotations, { thread, ...annotations }),
    Effect.provideService(References.CurrentLogSpans, spans.map(([label, at]): [string, number] => [label, at]))
  )
}

/** A logger that posts what it gets. */
const poster = (writer: log.Writer, post: (record: LogRecord) => void) =>
  Logger.make((options: Logger.Options<unknown>) => {
    const { cause, date, fiber, logLevel, message } = options
    log.keep(writer, options)
    post({
      atMillis: date.getTime(),
      level: logLevel,
      message: (Array.isArray(message) ? message : [message]).map(portable),
      annotations: portableRecord(fiber.getRef(References.CurrentLogAnnotations)),
      spans: fiber.getRef(References.CurrentLogSpans),
      cause: cause.reasons.slice(0, thrown.mostErrors).map((reason): Reason => ({
        _tag: reason._tag,
        ...ExitCause.describe(
          reason._tag === "Fail" ? reason.error : reason._tag === "Die" ? reason.defect : "interrupted"
        )
      }))
    })
  })

const toReason = ({ _tag, message, name, stack }: Reason): Cause.Reason<unknown> => {
  if (_tag === "Interrupt") return Cause.makeInterruptReason()
  const error = Object.assign(new Error(message), { name, stack: stack === "" ? `${name}: ${message}` : stack })
  return _tag === "Fail" ? Cause.makeFailReason(error) : Cause.makeDieReason(error)
}

/** How deep a value is taken apart. */
const deepest = 8

/** A value that can be cloned, as close as possible to what was logged. What can't be cloned is written out in words. */
const portable = (value: unknown): unknown => new Portable().of(value, 0)

const portableRecord = (value: object): Readonly<Record<string, unknown>> => new Portable().record(value, 0)

/** The copying of one value. What is held several times is copied once; what holds itself is not followed. */
class Portable {
  private readonly copies = new Map<object, unknown>()
  private readonly open = new Set<object>()

  of(value: unknown, depth: number): unknown {
    if (typeof value === "function" || typeof value === "symbol") return String(value)
    if (typeof value !== "object" || value === null || types.isDate(value)) return value
    if (this.open.has(value)) return "[circular]"
    if (this.copies.has(value)) return this.copies.get(value)
    this.open.add(value)
    const copied = thrown.read(() => this.object(value, depth), "something that can't be read")
    this.open.delete(value)
    this.copies.set(value, copied)
    return copied
  }

  record(value: object, depth: number): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.of(item, depth)]))
  }

  private object(value: object, depth: number): unknown {
    if (value instanceof Error) return value.stack ?? String(value)
    if (depth === deepest) return inspect(value, { depth: 0 })
    if (Array.isArray(value)) return this.array(value, depth + 1)
    if ("toJSON" in value && typeof value.toJSON === "function") return this.of(value.toJSON(), depth + 1)
    const prototype: unknown = Object.getPrototypeOf(value)
    return prototype === null || prototype === Object.prototype ? this.record(value, depth + 1) : inspect(value)
  }

  private array(value: ReadonlyArray<unknown>, depth: number): ReadonlyArray<unknown> {
    const copied = value.slice(0, mostItems).map((item) => this.of(item, depth))
    return value.length > mostItems ? [...copied, `… and ${value.length - mostItems} more`] : copied
  }
}

/** As many items of a list as a record has. */
const mostItems = 100_000
