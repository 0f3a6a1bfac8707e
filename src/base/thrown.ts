/**
 * What was thrown, in words. Anything can be thrown, and reading it can run anybody's code; so nothing here throws, and
 * nothing is longer than what fits into a log and a message between threads.
 */
import { inspect, types } from "node:util"

/** What is kept of something that was thrown, in words. */
export interface Description {
  readonly name: string
  readonly message: string
  readonly stack: string
}

/** For name, message and stack together, so that they and what surrounds them stay under 64 KiB. */
export const allBytes = 60 * 1024
export const messageBytes = 24 * 1024
const nameBytes = 256
/** Errors within errors, to a depth and a number where they are no longer of use. */
export const deepest = 8
export const mostErrors = 16

/** Reads name, message and stack of whatever was thrown, `Error` or not. */
export const describe = (thrown: unknown): Description =>
  limited(
    read(() => words(thrown), { name: typeof thrown, message: "something that can't be read was thrown", stack: "" })
  )

/** The stack of whatever was thrown, with its name and message, its own fields and its causes. `stack`: another stack of its own. */
export const traceOf = (thrown: unknown, stack?: string): string =>
  read(() => {
    if (isErrorLike(thrown)) return wordsOfError(thrown, new Set(), stack).stack
    const said = words(thrown)
    return said.stack === "" ? `${said.name}: ${said.message}` : said.stack
  }, "")

/** Cuts what is too long, and says how much that was. */
export const limited = ({ message, name, stack }: Description): Description => {
  const short = { name: cut(name, nameBytes), message: cut(message, messageBytes) }
  const whole = short.message === message ? stack : stack.replace(message, () => short.message)
  return { ...short, stack: cut(whole, stackBytes(short), "middle") }
}

/** What name and message leave of all. */
const stackBytes = ({ message, name }: Pick<Description, "message" | "name">): number =>
  allBytes - Buffer.byteLength(name) - Buffer.byteLength(message)

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

export type Fields = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null

/** A field that may not be readable. */
export const field = (value: Fields, name: string): unknown => read(() => value[name], undefined)

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

const wordsOfError = (error: Fields, seen: Set<unknown>, stack = stackOf(error)): Description => {
  const name = nameOf(error)
  const whole = messageOf(error, new Set(seen))
  const message = cut(whole, messageBytes)
  const own = message === whole ? stack : stack.replace(whole, () => message)
  // What nothing of will be left is not carried along.
  const short = own.length > 4 * allBytes ? cut(own, stackBytes({ name, message }), "middle") : own
  return { name, message, stack: trace(error, { name, message }, short, seen) }
}

/** The name of an error, or of its class. */
export const nameOf = (error: Fields): string => {
  const name = field(error, "name")
  return cut(typeof name === "string" && name !== "" ? name : className(error) ?? "Error", nameBytes)
}

/** An error without a message has what it consists of, else what caused it, for one. */
const messageOf = (error: Fields, seen: Set<unknown>): string => {
  const own = field(error, "message")
  if (own !== undefined && own !== "") return text(own)
  seen.add(error)
  if (seen.size > mostErrors) return ""
  const parts = errorsOf(error).first.filter((part) => !seen.has(part))
  if (parts.length > 0) {
    return parts.map((part) => cut(isErrorLike(part) ? messageOf(part, seen) : text(part), messageBytes)).join("; ")
  }
  const fields = ownFields(error)
  if (fields !== "") return fields
  const cause = field(error, "cause")
  return isErrorLike(cause) && !seen.has(cause) ? messageOf(cause, seen) : ""
}

/** What an error has as its stack. */
export const stackOf = (error: Fields): string => {
  const stack = field(error, "stack")
  return stack === undefined ? "" : text(stack)
}

/** How many errors an error consists of, and the first of them. */
const errorsOf = (error: Fields): { readonly count: number; readonly first: ReadonlyArray<unknown> } => {
  const errors = field(error, "errors")
  return read(
    () =>
      Array.isArray(errors)
        ? { count: errors.length, first: Array.from(errors.slice(0, mostErrors)) }
        : { count: 0, first: [] },
    { count: 0, first: [] }
  )
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
  const { count, first } = errorsOf(error)
  return [
    said,
    fields === "" || message === fields ? "" : `\n${fields}`,
    within("cause", field(error, "cause")),
    ...first.map((part, index) => within(`error ${index + 1} of ${count}`, part))
  ].join("")
}

/** The unusual fields of an error: a code, an address, a status. */
const ownFields = (error: Fields): string => {
  const usual = new Set(["name", "message", "stack", "cause", "errors", "_tag"])
  const first = read(() => Object.keys(error).filter((key) => !usual.has(key)).slice(0, mostFields), [])
  const entries = first.flatMap((key): ReadonlyArray<readonly [string, unknown]> => {
    const value: unknown = read(() => Object.getOwnPropertyDescriptor(error, key)?.value, undefined)
    return value === undefined ? [] : [[key, value]]
  })
  return entries.length === 0 ? "" : text(Object.fromEntries(entries), false)
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

const mostFields = 100
const options = { depth: 4, maxArrayLength: 100, maxStringLength: messageBytes, breakLength: Infinity, compact: 3 }
/** To show what is large, or nested without an end. */
const brief = { ...options, depth: 0, maxArrayLength: 20 }

/** Any value as a text: data as JSON, everything else as Node shows it. */
export const text = (value: unknown, json = true): string => {
  if (typeof value === "string") return value
  if (typeof value === "bigint") return String(value)
  const tooLarge = `something of type ${typeof value} that can't be read`
  if (json && read(() => isData(value), false)) return read(() => JSON.stringify(value), "")
  if (!read(() => isModest(value), false)) return read(() => inspect(someOf(value), brief), tooLarge)
  const shown = read(() => inspect(value, options), undefined) ??
    read(() => inspect(value, { ...options, customInspect: false }), undefined)
  return shown ?? tooLarge
}

/** The first fields of an object that has too many: nothing else limits how long it takes to show them. */
const someOf = (value: unknown): unknown => {
  if (!isObject(value) || Array.isArray(value) || types.isProxy(value)) return value
  const keys = Object.keys(value)
  return keys.length <= mostFields ? value : {
    ...Object.fromEntries(keys.slice(0, mostFields).map((key) => [key, field(value, key)])),
    "…": `${keys.length - mostFields} more`
  }
}

/** Whether it takes little to show a value: how often anything in it would be shown, as far as that is. */
const isModest = (value: unknown, depth = 0, size = { left: 10_000 }): boolean => {
  if (--size.left < 0) return false
  if (!isObject(value) || depth > options.depth || types.isProxy(value) || ArrayBuffer.isView(value)) return true
  if (Array.isArray(value)) {
    return value.slice(0, options.maxArrayLength).every((item) => isModest(item, depth + 1, size))
  }
  const keys = Object.keys(value)
  return keys.length <= size.left &&
    keys.every((key) => isModest(Object.getOwnPropertyDescriptor(value, key)?.value, depth + 1, size))
}

/** Whether JSON loses nothing of a value, and the value is not large. */
const isData = (value: unknown, size = { left: 1000 }): boolean => {
  if (--size.left < 0) return false
  if (value === null || typeof value === "boolean" || typeof value === "string") return true
  if (typeof value === "number") return Number.isFinite(value)
  if (!isObject(value) || types.isProxy(value)) return false
  if (Object.keys(value).length > size.left) return false
  if (!isPlain(value)) return false
  return Object.entries(Object.getOwnPropertyDescriptors(value)).every(([key, property]) =>
    key === "length" || ("value" in property && isData(property.value, size))
  )
}

/** Objects and arrays that are of no class. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || (Array.isArray(value) && prototype === Array.prototype)
}
