/**
 * Profiles of a thread for DevTools: what its processor time goes into, and what its heap holds. Both are taken from outside, also
 * while the thread spins.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Readable } from "node:stream"
import type { Worker } from "node:worker_threads"
import type { ThreadSession } from "./threadInspector.ts"

const decode = Schema.decodeUnknownOption(Schema.Struct({ profile: Schema.Unknown }))

/** What can be profiled: a worker, or a child process. */
export interface Subject {
  readonly once: (event: "exit", f: () => void) => unknown
  readonly off: (event: "exit", f: () => void) => unknown
}

const profiled = new WeakSet<Subject>()

/** How long a thread may take to hand over its profile. A synchronous native call may last for longer. */
const patienceMillis = 10_000

/**
 * Profiles a thread for some time, by a session with its inspector; completes with the content of a `.cpuprofile` file. Rejects if the thread ends meanwhile, is
 * being profiled already, or does not answer.
 */
export const cpu = (
  subject: Subject,
  open: () => ThreadSession | undefined,
  millis: number,
  signal: AbortSignal
): Promise<string> =>
  new Promise((resolve, reject) => {
    if (profiled.has(subject)) return reject(new Error("a profile of it is being taken already"))
    const session = open()
    if (session === undefined) return reject(new Error("this process has no inspector, or may not use it"))
    profiled.add(subject)
    const end = (settle: () => void): void => {
      if (!profiled.delete(subject)) return
      clearTimeout(timer)
      subject.off("exit", onExit)
      signal.removeEventListener("abort", onAbort)
      session.close()
      settle()
    }
    const fail = (problem: string): void => end(() => reject(new Error(problem)))
    const onExit = (): void => fail("it ended while it was profiled")
    const onAbort = (): void => {
      session.post("Profiler.disable")
      fail("nobody waits for the profile any more")
    }
    const stop = (): void => {
      timer = setTimeout(() => fail("it does not answer, as in a synchronous native call"), patienceMillis)
      session.post("Profiler.stop", {}, (result) =>
        Option.match(decode(result), {
          onNone: () => fail("its profile can't be read"),
          onSome: ({ profile }) => {
            session.post("Profiler.disable")
            end(() => resolve(JSON.stringify(profile)))
          }
        }))
    }
    let timer: NodeJS.Timeout = setTimeout(
      () => fail("it does not answer, as in a synchronous native call"),
      patienceMillis
    )
    subject.once("exit", onExit)
    signal.addEventListener("abort", onAbort)
    session.post("Profiler.enable")
    session.post("Profiler.start", {}, () => {
      clearTimeout(timer)
      timer = setTimeout(stop, millis)
    })
  })

/** The content of a `.heapsnapshot` file, as it is made. */
export const heap = (worker: Worker): Promise<Readable> => worker.getHeapSnapshot()
