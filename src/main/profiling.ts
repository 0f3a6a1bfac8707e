/**
 * Profiles of a thread for DevTools: what its processor time goes into, and what its heap holds. Both are taken from outside, also
 * while the thread spins.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Readable } from "node:stream"
import type { Worker } from "node:worker_threads"
import * as threadInspector from "./threadInspector.ts"

const decode = Schema.decodeUnknownOption(Schema.Struct({ profile: Schema.Unknown }))

const profiled = new WeakSet<Worker>()

/** How long a thread may take to hand over its profile. A synchronous native call may last for longer. */
const patienceMillis = 10_000

/**
 * Profiles a thread for some time; completes with the content of a `.cpuprofile` file. Rejects if the thread ends meanwhile, is
 * being profiled already, or does not answer.
 */
export const cpu = (worker: Worker, millis: number, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    if (profiled.has(worker)) return reject(new Error("a profile of it is being taken already"))
    const session = threadInspector.open(worker.threadId)
    if (session === undefined) return reject(new Error("this process has no inspector, or may not use it"))
    profiled.add(worker)
    const end = (settle: () => void): void => {
      if (!profiled.delete(worker)) return
      clearTimeout(timer)
      worker.off("exit", onExit)
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
    worker.once("exit", onExit)
    signal.addEventListener("abort", onAbort)
    session.post("Profiler.enable")
    session.post("Profiler.start", {}, () => {
      clearTimeout(timer)
      timer = setTimeout(stop, millis)
    })
  })

/** The content of a `.heapsnapshot` file, as it is made. */
export const heap = (worker: Worker): Promise<Readable> => worker.getHeapSnapshot()
