/**
 * Tells the supervisor what this thread counts with Effect's `Metric`, whose registry is the thread's own.
 */
import type * as Context from "effect/Context"
import { isDeepStrictEqual } from "node:util"
import type { ThreadInit, ToSupervisor } from "../control/protocol.ts"
import * as ThreadMetric from "../ThreadMetric.ts"

/** `context` has the registry, unless that is the default. */
export const make = (
  { thread }: Pick<ThreadInit, "thread">,
  context: Context.Context<never>,
  post: (message: ToSupervisor) => void
) => {
  let told: ReadonlyArray<ThreadMetric.ThreadMetric> = []

  const tell = (): void => {
    const metrics = ThreadMetric.read(thread, context)
    if (isDeepStrictEqual(metrics, told)) return
    told = metrics
    post({ _tag: "Metrics", metrics })
  }

  return {
    /** Tells what is new, when the supervisor asks: a timer would wake a thread that has nothing to tell. */
    tell,
    /** Posts a message; what is new goes before the last one, after which the supervisor ends the thread. */
    post(message: ToSupervisor): void {
      if (message._tag === "Stopped" || message._tag === "Failing") tell()
      // What a thread tells while it stands by is noted by nobody.
      if (message._tag === "Ready") told = []
      post(message)
    }
  }
}
