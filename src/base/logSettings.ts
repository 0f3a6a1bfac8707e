/**
 * What the environment says about logs: `HEDDLE_LOG`, the form of a record, and `HEDDLE_LOG_LEVEL`, from which level on there are any:
 * `info`, or `info,bot=debug,web=none` by thread.
 */
import type * as LogLevel from "effect/LogLevel"

export interface Levels {
  /** That of all threads without one of their own; undefined if it is not said. */
  readonly all: LogLevel.LogLevel | undefined
  readonly threads: ReadonlyMap<string, LogLevel.LogLevel>
  /** What can't be understood, and is left out. */
  readonly problems: ReadonlyArray<string>
}

/** The levels by their names in `HEDDLE_LOG_LEVEL`. */
const names = new Map<string, LogLevel.LogLevel>([
  ["all", "All"],
  ["trace", "Trace"],
  ["debug", "Debug"],
  ["info", "Info"],
  ["warn", "Warn"],
  ["warning", "Warn"],
  ["error", "Error"],
  ["fatal", "Fatal"],
  ["none", "None"]
])

/** Reads the levels of a setting; nothing is set by an empty one. */
export const parse = (setting = ""): Levels => {
  const threads = new Map<string, LogLevel.LogLevel>()
  const problems: Array<string> = []
  let all: LogLevel.LogLevel | undefined
  for (const part of setting.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
    const equals = part.indexOf("=")
    const level = names.get(part.slice(equals + 1).trim().toLowerCase())
    if (level === undefined) {
      problems.push(
        `HEDDLE_LOG_LEVEL: "${part}" is no level and is ignored; write trace, debug, info, warn, error, fatal or none, or ` +
          "THREAD=LEVEL, with commas between them"
      )
    } else if (equals < 0) all = level
    else threads.set(part.slice(0, equals).trim(), level)
  }
  return { all, threads, problems }
}

/** The levels of this process. */
export const levels = (): Levels => parse(process.env["HEDDLE_LOG_LEVEL"])

/** The level of a thread, by its own name or that of its declaration; undefined if nothing is said. */
export const levelOf = ({ all, threads }: Levels, ...names: ReadonlyArray<string>): LogLevel.LogLevel | undefined =>
  names.map((name) => threads.get(name)).find((level) => level !== undefined) ?? all

/** What of the environment can't be understood. */
export const problems = (): ReadonlyArray<string> => {
  const form = process.env["HEDDLE_LOG"] ?? ""
  const known = ["", "json", "text"].includes(form)
  return [
    ...known ? [] : [`HEDDLE_LOG: "${form}" is no form of a log and is ignored; write json or text`],
    ...levels().problems
  ]
}
