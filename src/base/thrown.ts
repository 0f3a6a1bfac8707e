/**
 * What was thrown, in words. Anything can be thrown, and reading it can run anybody's code; so nothing here throws, and
 * nothing is longer than what fits into a log and a message between threads.
 */
import * as Cause from "effect/Cause"
import { inspect, types } from "node:util"

/** What is kept of something that was thrown, in words. */
export interface Description {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** For name, message and stack together, so that they and what surrounds them stay under 64 KiB. */
const allBytes = 60 * 1024
const messageBytes = 24 * 1024
const nameBytes = 256
/** Errors within errors, to a depth and a number where they are no longer of use. */
const deepest = 8
const mostErrors = 16

/** Reads name, message and stack of whatever was thrown, `Error` or not. */
export const describe = (thrown: unknown): Description =>
  limited(
    read(() => words(thrown), { name: typeof thrown, message: "something that can't be read was thrown", stack: "" })
  )

/** All failures and defects of an Effect `Cause`, with the spans that Effect notes in their stacks. */
export const traceCause = (cause: Cause.Cause<unknown>): string => {
  const values = cause.reasons.flatMap((reason) =>
    Cause.isFailReason(reason) ? [reason.error] : Cause.isDieReason(reason) ? [reason.defect] : []
  )
  const pretty = read(() => Cause.prettyErrors(cause), [])
  if (values.length === 0) return read(() => Cause.pretty(cause), "")
  return values.map((value, index) => {
    const seen = new Set<unknown>()
    if (!isErrorLike(value)) {
      const { message, name, stack } = words(value)
      return stack === "" ? `${name}: ${message}` : stack
    }
    return read(
      () =>
        trace(
          value,
          { name: nameOf(value), message: messageOf(value, new Set()) },
          pretty[index]?.stack ?? stackOf(value),
          seen
        ),
      ""
    )
  }).join("\n")
}

/** Cuts what is too long, and says how much that was. */
export const limited = ({ message, name, stack }: Description): Description => {
  const short = { name: cut(name, nameBytes), message: cut(message, messageBytes) }
  const stackBytes = allBytes - Buffer.byteLength(short.name) - Buffer.byteLength(short.message)
  const whole = short.message === message ? stack : stack.replace(message, () => short.message)
  return { ...short, stack: cut(whole, stackBytes, "middle") }
}

/** Cuts a text to `bytes` bytes: its end, or its middle, so that the last line stays as well as the first. */
export const cut = (text: string, bytes: number, where: "end" | "middle" = "end"): string => {
  if (text.length <= bytes && Buffer.byteLength(text) <= bytes) return text
  const room = Math.max(0, bytes - 64)
  const head = start(text, where === "end" ? room : Math.floor(room / 2))
  const tail = where === "end" ? "" : end(text, Math.floor(room / 2))
  const said = `… ${text.length - head.length - tail.length} more characters`
  return tail === "" ? `${head}${said}` : `${head}${said} …${tail}`
}

/** The beginning of a text, of at most `bytes` bytes. */
export const start = (text: string, bytes: number): string =>
  Buffer.from(text.slice(0, bytes)).subarray(0, bytes).toString().replace(/\uFFFD+$/, "")
const end = (text: string, bytes: number): string => {
  const all = Buffer.from(text.slice(Math.max(0, text.length - bytes)))
  return all.subarray(Math.max(0, all.length - bytes)).toString().replace(/^\uFFFD+/, "")
}

/** Reading somebody else's value runs their code: a getter, a trap of a proxy. */
export const read = <A>(from: () => A, otherwise: A): A => {
  try {
    return from()
  } catch {
    return otherwise
  }
}

type Fields = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null

const field = (value: Fields, name: string): unknown => read(() => value[name], undefined)

/** An error of this realm, of another, or what looks like one: a copy that lost its prototype. */
export const isErrorLike = (value: unknown): value is Fields => {
  if (!isObject(value)) return false
  if (types.isNativeError(value) || read(() => value instanceof Error, false)) return true
  return typeof field(value, "message") === "string" && typeof field(value, "stack") === "string"
}

/** Describes a thrown value, which may throw itself when it is read. */
const words = (thrown: unknown): Description => {
  if (isErrorLike(thrown)) return wordsOfError(thrown, new Set())
  if (!isObject(thrown)) return { name: typeof thrown, message: text(thrown), stack: "" }
  const inner = [field(thrown, "error"), field(thrown, "reason")].find(isErrorLike)
  if (isEvent(thrown) && inner !== undefined) {
    const { message, name, stack } = wordsOfError(inner, new Set())
    const own = field(thrown, "message")
    return { name, message: typeof own === "string" && own !== "" ? own : message, stack }
  }
  return { name: className(thrown) ?? "object", message: textOfObject(thrown), stack: "" }
}

const wordsOfError = (error: Fields, seen: Set<unknown>): Description => {
  const name = nameOf(error)
  const message = messageOf(error, new Set(seen))
  return { name, message, stack: trace(error, { name, message }, stackOf(error), seen) }
}

const nameOf = (error: Fields): string => {
  const name = field(error, "name")
  return typeof name === "string" && name !== "" ? name : className(error) ?? "Error"
}

/** An error without a message has what it consists of, else what caused it, for one. */
const messageOf = (error: Fields, seen: Set<unknown>): string => {
  const own = field(error, "message")
  if (own !== undefined && own !== "") return text(own)
  seen.add(error)
  const parts = errorsOf(error).filter((part) => !seen.has(part)).slice(0, mostErrors)
  if (parts.length > 0) return parts.map((part) => isErrorLike(part) ? messageOf(part, seen) : text(part)).join("; ")
  const fields = ownFields(error)
  if (fields !== "") return fields
  const cause = field(error, "cause")
  return isErrorLike(cause) && !seen.has(cause) ? messageOf(cause, seen) : ""
}

const stackOf = (error: Fields): string => {
  const stack = field(error, "stack")
  return stack === undefined ? "" : text(stack)
}

const errorsOf = (error: Fields): ReadonlyArray<unknown> => {
  const errors = field(error, "errors")
  return read(() => Array.isArray(errors) ? Array.from(errors) : [], [])
}

/** A stack that has its name and message, the error's own fields, and what caused it or is part of it. */
const trace = (
  error: Fields,
  { message, name }: Pick<Description, "message" | "name">,
  stack: string,
  seen: Set<unknown>
): string => {
  seen.add(error)
  const headed = stack.startsWith(`${name}\n`) ? stack.slice(name.length + 1) : stack
  const said = stack.includes(message) ? stack : `${name}: ${message}\n${headed}`.trimEnd()
  const fields = ownFields(error)
  const within = (label: string, value: unknown): string => {
    if (value === undefined) return ""
    if (seen.has(value)) return `\n[${label}]: one that is named above`
    if (seen.size >= deepest) return `\n[${label}]: and more`
    if (!isErrorLike(value)) return `\n[${label}]: ${text(value)}`
    const { message, name, stack } = wordsOfError(value, seen)
    return `\n[${label}]: ${stack === "" ? `${name}: ${message}` : stack}`
  }
  const errors = errorsOf(error)
  return [
    said,
    fields === "" || message === fields ? "" : `\n${fields}`,
    within("cause", field(error, "cause")),
    ...errors.slice(0, mostErrors).map((part, index) => within(`error ${index + 1} of ${errors.length}`, part))
  ].join("")
}

/** The unusual fields of an error: a code, an address, a status. */
const ownFields = (error: Fields): string => {
  const usual = new Set(["name", "message", "stack", "cause", "errors", "_tag"])
  const entries = read(() => Object.entries(Object.getOwnPropertyDescriptors(error)), []).filter(
    ([key, { enumerable, value }]) => enumerable === true && value !== undefined && !usual.has(key)
  )
  return entries.length === 0 ? "" : text(Object.fromEntries(entries.map(([key, { value }]) => [key, value])), false)
}

const isEvent = (value: Fields): boolean => typeof field(value, "type") === "string"

const className = (value: object): string | undefined => {
  const prototype: unknown = read(() => Object.getPrototypeOf(value), null)
  if (!isObject(prototype) || prototype === Object.prototype || read(() => Array.isArray(value), true)) return undefined
  const made = field(prototype, "constructor")
  return typeof made === "function" && typeof made.name === "string" && made.name !== "Object" && made.name !== ""
    ? made.name
    : undefined
}

/** Objects of the platform that say nothing when they are printed, or far too much. */
const textOfObject = (value: Fields): string => {
  const kind = field(value, "constructor") === undefined ? "" : className(value) ?? ""
  const said = (...names: ReadonlyArray<string>): string =>
    names.map((name) => field(value, name)).filter((part) => part !== "" && part !== undefined).map((part) =>
      text(part)
    )
      .join(" ")
  if (kind === "Response") return said("status", "statusText", "url")
  if (kind === "Request") return said("method", "url")
  if (kind.endsWith("Event") && isEvent(value)) return said("type", "message", "code", "reason")
  return text(value)
}

const options = { depth: 4, maxArrayLength: 100, maxStringLength: messageBytes, breakLength: Infinity, compact: 3 }

/** Any value as a text: data as JSON, everything else as Node shows it. */
export const text = (value: unknown, json = true): string => {
  if (typeof value === "string") return value
  if (typeof value === "bigint") return String(value)
  if (json && isData(value)) return read(() => JSON.stringify(value), "")
  const shown = read(() => inspect(value, options), undefined) ??
    read(() => inspect(value, { ...options, customInspect: false }), undefined)
  return shown ?? `something of type ${typeof value} that can't be read`
}

/** Whether JSON loses nothing of a value, and the value is not large. */
const isData = (value: unknown, size = { left: 1000 }): boolean => {
  if (--size.left < 0) return false
  if (value === null || typeof value === "boolean" || typeof value === "string") return true
  if (typeof value === "number") return Number.isFinite(value)
  if (!isObject(value) || types.isProxy(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && !(Array.isArray(value) && prototype === Array.prototype)) return false
  return Object.entries(Object.getOwnPropertyDescriptors(value)).every(([key, property]) =>
    key === "length" || ("value" in property && isData(property.value, size))
  )
}
