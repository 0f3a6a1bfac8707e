/**
 * One record of a log as one line: JSON for programs, text for people.
 */
import * as Context from "effect/Context"
import type * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as causes from "./causes.ts"
import * as thrown from "./thrown.ts"

/** A record, with what is known of where it comes from. */
export interface Line {
  readonly date: Date
  readonly level: string
  readonly thread: string
  readonly actor: string | undefined
  /** That of the actor, or of the thread if no actor logs. */
  readonly incarnation: number | undefined
  readonly span: { readonly name: string; readonly traceId: string; readonly spanId: string } | undefined
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
  /** The stacks of what failed; empty if nothing did. */
  readonly stack: string
}

/** The incarnation of the actor that logs. */
export const Incarnation = Context.Reference<number | undefined>("heddle/LogIncarnation", {
  defaultValue: () => undefined
})

/** Reads what a logger is given. `writer` and `incarnation` are of the thread that writes. */
export const lineOf = (
  { cause, date, fiber, logLevel, message }: Logger.Options<unknown>,
  writer: string,
  incarnation: number | undefined
): Line => {
  // What another thread has logged says so itself.
  const { actor, thread = writer, ...annotations } = fiber.getRef(References.CurrentLogAnnotations)
  const { span } = fiber.cache
  return {
    date,
    level: logLevel.toUpperCase(),
    thread: show(thread),
    actor: typeof actor === "string" ? actor : undefined,
    incarnation: fiber.getRef(Incarnation) ?? incarnation,
    span: span?._tag === "Span" ? { name: span.name, traceId: span.traceId, spanId: span.spanId } : undefined,
    message: (Array.isArray(message) ? message : [message]).map(show).join(" "),
    annotations,
    stack: cause.reasons.length === 0 ? "" : causes.pretty(cause)
  }
}

/** `2026-11-28 12:00:00.000+01:00 INFO  bot/DiscordBot  message key=value`, and the stacks in lines of their own. */
export const text = ({ actor, annotations, date, level, message, stack, thread }: Line): string => {
  const where = actor === undefined ? thread : `${thread}/${actor}`
  const line = [
    `${zoned(date)} ${level.padEnd(5)} ${where} `,
    message,
    ...Object.entries(annotations).map(([key, value]) => `${key}=${show(value)}`)
  ].join(" ")
  return stack === "" ? line : `${line}\n${stack}`
}

/** An object of JSON in one line. What is not there is left out. */
export const json = (
  { actor, annotations, date, incarnation, level, message, span, stack, thread }: Line
): string =>
  stringify({
    time: date.toISOString(),
    level,
    thread,
    actor,
    incarnation,
    span: span?.name,
    traceId: span?.traceId,
    spanId: span?.spanId,
    message,
    annotations: Object.keys(annotations).length === 0 ? undefined : annotations,
    stack: stack === "" ? undefined : stack
  })

/** As much of a message and of its stacks as is kept. */
const keptBytes = { message: 1024, stack: 2048, all: 4096 }

/** The same, at most 4 KB of it: what is longer is cut, and has no annotations. */
export const shortJson = (line: Line): string => {
  const whole = json(line)
  if (whole.length <= keptBytes.all && Buffer.byteLength(whole) <= keptBytes.all) return whole
  return json({
    ...line,
    annotations: {},
    message: thrown.cut(line.message, keptBytes.message),
    stack: thrown.cut(line.stack, keptBytes.stack, "middle")
  }).slice(0, keptBytes.all)
}

/** JSON of anything: what JSON has no word for is written out, and what can't be read is said so. */
const stringify = ({ annotations, ...line }: Readonly<Record<string, unknown>>): string => {
  try {
    return stringifyUnsafe({ ...line, annotations })
  } catch {
    return stringifyUnsafe({ ...line, annotations: "can't be read" })
  }
}

/** A value that holds another one twice, which holds another one twice, has no end in JSON. */
const mostValues = 1_000_000

/** A replacer that changes nothing, and throws if there are too many values. */
const countValues = () => {
  let left = mostValues
  return (_key: string, value: unknown): unknown => {
    if (left-- > 0) return value
    throw new RangeError("it holds too many values")
  }
}

/** A line as JSON. It throws if a value can't be read. */
const stringifyUnsafe = (line: Readonly<Record<string, unknown>>): string => {
  const seen: Array<unknown> = []
  const count = countValues()
  return JSON.stringify(line, function(this: unknown, key, given: unknown): unknown {
    const value = count(key, given)
    if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") return String(value)
    if (typeof value !== "object" || value === null) return value
    if (isError(value)) return stackOf(value)
    while (seen.length > 0 && seen.at(-1) !== this) seen.pop()
    if (seen.includes(value)) return "[circular]"
    seen.push(value)
    return value
  })
}

const pad = (part: number): string => String(part).padStart(2, "0")

/** Date and time of day where this process runs, and how far that is from UTC. */
const zoned = (date: Date): string => {
  const offset = -date.getTimezoneOffset()
  const local = new Date(date.getTime() + offset * 60_000).toISOString()
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60]
  return `${local.slice(0, 10)} ${local.slice(11, 23)}${offset < 0 ? "-" : "+"}${pad(hours)}:${pad(minutes)}`
}

/** A part of a message in words. */
export const show = (value: unknown): string => {
  if (typeof value === "string") return value
  if (isError(value)) return stackOf(value)
  return thrown.read(() => JSON.stringify(value, countValues()) ?? String(value), undefined) ?? thrown.text(value)
}

const isError = (value: unknown): value is Error => thrown.read(() => value instanceof Error, false)

const stackOf = (error: Error): string => {
  const stack: unknown = thrown.read(() => error.stack, undefined)
  if (typeof stack === "string") return stack
  const { message, name } = thrown.describe(error)
  return `${name}: ${message}`
}
