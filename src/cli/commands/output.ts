/**
 * What the command prints.
 */
import * as Effect from "effect/Effect"
import * as log from "../../base/log.ts"
import { fit } from "./width.ts"

/** Prints to standard output, and waits for a slow reader. When nobody reads any more, the command has done its work. */
export const print = (text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    process.stdout.write(text, (error) => error ? process.exit(lost(error)) : resume(Effect.void))
  })

/** The exit code after what was printed could not be written. */
const lost = (error: Error): number => {
  if ("code" in error && error.code === "EPIPE") return 0
  log.write(2, `heddle: standard output can't be written: ${error.message}\n`)
  return 1
}

/** Prints a value as a line of JSON. */
export const printJson = (value: unknown): Effect.Effect<void> => print(`${JSON.stringify(value)}\n`)

/** How many columns a line may have: those of the terminal, or 80 if it has none or does not say. */
export const columns = (): number => process.stdout.columns || 80

/** A duration in words, to two units at most. */
export const duration = (millis: number): string => {
  if (millis < 1000) return `${Math.round(millis)} ms`
  const seconds = Math.floor(millis / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const hours = Math.floor(seconds / 3600)
  return hours < 48
    ? `${hours} h ${Math.floor(seconds % 3600 / 60)} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** A size in MB. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`

/** A size in kB or MB. */
export const size = (bytes: number): string => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : megabytes(bytes)

/** Part of the whole. */
export const percent = (part: number): string => `${Math.round(part * 100)} %`

/** The time of day of a moment, here. */
export const time = (atMillis: number): string => {
  const at = new Date(atMillis)
  const two = (number: number): string => String(number).padStart(2, "0")
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${
    two(at.getMinutes())
  }:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`
}

/** As much of a text as fits, in one line after `indent`. */
export const cut = (text: string, columns: number, indent = ""): string => fit(`${indent}${inLine(text)}`, columns)

/** A text in one line, whatever spaces and line ends it has. */
const inLine = (text: string): string => printable(text.replaceAll(/\s+/g, " ").trim())

/** A name in one line, with all of its characters: two keys may differ in a space. */
export const exact = (name: string): string => escaped(printable(name), /[\n\t]/g)

/**
 * Terminals obey what they print: a name or a message of a program must not clear the screen, nor turn the direction in which a line is
 * read. Keeps line ends and tabs.
 */
export const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  escaped(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g)

const escaped = (text: string, which: RegExp): string =>
  text.replaceAll(which, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`
  })
