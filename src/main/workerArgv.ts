/**
 * The arguments of a worker thread: the program's own, and those of Node's that apply to a thread as well.
 *
 * Node gives a thread all of its flags, unless they are listed. They need to be listed only if there is one by which the
 * process was told what to run instead of a file, because a thread runs a file: `--input-type` makes it refuse that.
 */
import type { WorkerOptions } from "node:worker_threads"

/** They say what the process runs, and how it is run again or looked at; a name, and whether a value may follow. */
const processFlags: ReadonlyMap<string, boolean> = new Map([
  ["-e", true],
  ["--eval", true],
  ["-p", true],
  ["-pe", true],
  ["--print", true],
  ["--input-type", true],
  ["-i", false],
  ["--interactive", false],
  ["-c", false],
  ["--check", false],
  ["--entry-url", false],
  ["--test", false],
  ["--test-isolation", true],
  ["--watch", false],
  ["--watch-path", true],
  ["--watch-preserve-output", false]
])

/** A flag with the values that follow it as arguments of their own. */
type Flag = readonly [name: string, ...rest: ReadonlyArray<string>]

/** Reads flags as they stand in `process.execArgv`. A value that begins with "-" belongs to the flag only if that takes one. */
export const flagsOf = (execArgv: ReadonlyArray<string>): ReadonlyArray<Flag> => {
  const flags: Array<[string, ...Array<string>]> = []
  let wantsValue = false
  for (const argument of execArgv) {
    const last = flags.at(-1)
    if (last !== undefined && (wantsValue || !argument.startsWith("-"))) {
      last.push(argument)
      wantsValue = false
    } else {
      flags.push([argument])
      wantsValue = processFlags.get(argument) === true
    }
  }
  return flags
}

const nameOf = ([flag]: Flag): string => flag.split("=", 1)[0] ?? flag

/** The flags for a thread; nothing when it is to have all of them. */
export const execArgvOf = (execArgv: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  const flags = flagsOf(execArgv)
  const kept = flags.filter((flag) => !processFlags.has(nameOf(flag)))
  return kept.length === flags.length ? undefined : kept.flat()
}

/** The flags for a child process: not those of the inspector, because two processes can't listen at one port. */
export const flagsOfChild = (execArgv: ReadonlyArray<string>): ReadonlyArray<string> =>
  flagsOf(execArgv).filter((flag) => !processFlags.has(nameOf(flag)) && !nameOf(flag).startsWith("--inspect")).flat()

/** Leaves out the flags that Node has refused, by what it says of them; all, if it names none of them. */
export const withoutRefused = (execArgv: ReadonlyArray<string>, message: string): ReadonlyArray<string> => {
  const refused = new Set(message.slice(message.lastIndexOf(":") + 1).split(",").map((name) => name.trim()))
  const flags = flagsOf(execArgv)
  const kept = flags.filter((flag) => !refused.has(flag[0]) && !refused.has(nameOf(flag)))
  return kept.length === flags.length ? [] : kept.flat()
}

const inputType = /(^|\s)--input-type[=\s]\S+/g

/**
 * Starts a thread with the program's arguments, and with flags of its own; what Node refuses of the program's flags it says before the
 * thread exists.
 */
export const withArguments = <A>(start: (options: WorkerOptions) => A, own: ReadonlyArray<string> = []): A => {
  const nodeOptions = process.env["NODE_OPTIONS"] ?? ""
  const rest = nodeOptions.replace(inputType, "")
  const env = rest === nodeOptions ? {} : { env: { ...process.env, NODE_OPTIONS: rest } }
  let execArgv = programFlags(rest === nodeOptions && own.length === 0)
  for (;;) {
    try {
      const flags = execArgv === undefined ? {} : { execArgv: [...execArgv, ...own] }
      return start({ ...env, ...flags, argv: process.argv.slice(2) })
    } catch (error) {
      if (execArgv === undefined || execArgv.length === 0 || !isRefusal(error)) throw error
      execArgv = withoutRefused(execArgv, error.message)
    }
  }
}

/** The program's flags for a thread, unless it is to have all of them and no others, which needs no list. */
const programFlags = (isAll: boolean): ReadonlyArray<string> | undefined =>
  execArgvOf(process.execArgv) ?? (isAll ? undefined : process.execArgv)

const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_INVALID_EXEC_ARGV"
