/**
 * Whether a system is healthy. Pure.
 */
import * as ExitCause from "../../ExitCause.ts"
import type { SystemView, ThreadView } from "../../socket/request.ts"

/** Declared, and not started with the system, nor since; or it may be on another machine. */
const isDormant = ({ incarnation, once, state }: ThreadView): boolean =>
  state === "stopped" && (incarnation === 0 || once === true)

/**
 * What is not well: threads and actors that do not run. Empty if all is well.
 *
 * **Details**
 * - A thread that was never started, because the system was started with others only, is left out, and so is one that runs once on
 *   another machine.
 */
export const problems = ({ threads }: SystemView): ReadonlyArray<string> =>
  threads.filter((thread) => !isDormant(thread)).flatMap((thread) => {
    if (thread.state !== "running") return [`thread ${thread.name} is ${thread.state}${why(thread.lastCause)}`]
    return thread.actors.filter(({ state }) => state !== "running").map(({ lastCause, name, state }) =>
      `actor ${name} of thread ${thread.name} is ${state}${why(lastCause)}`
    )
  })

const why = (cause: ThreadView["lastCause"]): string =>
  cause === null || cause._tag === "Requested" ? "" : `: ${ExitCause.format(cause)}`
