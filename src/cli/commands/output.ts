/**
 * What the command prints.
 */
import * as Effect from "effect/Effect"

/** Prints to standard output, and waits for a slow reader. When nobody reads any more, the command has done its work. */
export const print = (text: string): Effect.Effect<void> =>
  Effect.callback((resume) => {
    process.stdout.write(text, (error) => error ? process.exit(0) : resume(Effect.void))
  })

/** Prints a value as a line of JSON. */
export const printJson = (value: unknown): Effect.Effect<void> => print(`${JSON.stringify(value)}\n`)

/** How many columns a line may have: those of the terminal, or 80. */
export const columns = (): number => process.stdout.columns ?? 80

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
export const cut = (text: string, columns: number, indent = ""): string => {
  const line = `${indent}${text.replaceAll(/\s+/g, " ").trim()}`
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`
}

/**
 * Terminals obey what they print: a name or a message of a program must not clear the screen. Keeps line ends and tabs.
 */
export const printable = (text: string): string =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (control) =>
    `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`)
