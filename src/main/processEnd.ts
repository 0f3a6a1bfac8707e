/**
 * Why a child process ended, by what the system says of it and by its last words.
 */
import type { LastWords } from "../control/protocol.ts"
import * as ExitCause from "../ExitCause.ts"

/** What is known of an end. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The supervisor has ended it. */
  readonly isTerminated: boolean
  readonly words: LastWords | undefined
  readonly exitNoted: boolean
  /** What its native code has printed last. */
  readonly errors: string
  /** The kernel has killed a process for want of memory, and nobody here has killed this one. */
  readonly isOomKill: boolean
}

const heapFull = /^.*(?:heap out of memory|out of memory:).*$/m

/** The cause of an end. */
export const endingOf = (end: End): ExitCause.ExitCause => {
  const { code, errors, exitNoted, isOomKill, isTerminated, signal, words } = end
  // As a worker thread that is terminated.
  if (isTerminated && signal === "SIGKILL") return ExitCause.Exited.make({ code: 1, how: "drained" })
  if (isOomKill) {
    return ExitCause.OutOfMemory.make({
      message: "the kernel killed its process, because the memory of its cgroup is full"
    })
  }
  if (signal !== null) {
    const [full] = signal === "SIGABRT" ? heapFull.exec(errors) ?? [] : []
    return full === undefined ? ExitCause.Killed.make({ signal }) : ExitCause.OutOfMemory.make({ message: full.trim() })
  }
  if (words !== undefined) {
    const { message, name, stack } = words
    return ExitCause.Thrown.make({ name, message, stack })
  }
  return ExitCause.Exited.make({ code: code ?? 0, how: exitNoted ? "process.exit" : "drained" })
}

const keptChars = 16_384

/** Passes on what native code prints, and keeps the last of it. */
export const keepText = (pass: (text: Buffer) => void) => {
  let text = ""
  return {
    add(chunk: Buffer): void {
      pass(chunk)
      text = (text + chunk.toString()).slice(-keptChars)
    },
    text: (): string => text
  }
}
