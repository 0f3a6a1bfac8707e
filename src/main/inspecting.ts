/**
 * The inspector of this process, and how a thread that it has stopped is let go.
 */
import type { Worker } from "node:worker_threads"

/** Node's inspector; nothing in a Node that was built without it. */
export const inspector = process.features.inspector ? process.getBuiltinModule("node:inspector") : undefined

let listened = false

/** The address of the inspector, while one listens. */
export const url = (): string | undefined => {
  const present = inspector?.url()
  listened ||= present !== undefined
  return present
}

/** How long a terminated thread may take before it counts as stopped by a debugger. */
const patienceMillis = 300

/**
 * Terminates a thread, even one that stands at a breakpoint: `terminate` waits for that to be left, and so does the end of
 * the process. To leave it and run no further is a command of the debugger, which this process can give itself.
 */
export const terminate = (worker: Worker): void => {
  // A terminated worker has forgotten it.
  const { threadId } = worker
  void worker.terminate()
  // A breakpoint outlives the inspector.
  if (url() === undefined && !listened) return
  const timer = setTimeout(() => release(worker, threadId), patienceMillis)
  timer.unref()
  worker.once("exit", () => clearTimeout(timer))
}

/** Has a thread leave its breakpoint. */
const release = (worker: Worker, threadId: number): void => {
  if (inspector === undefined) return
  const session = new inspector.Session()
  const title = `[worker ${threadId}]`
  session.connect()
  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId, workerInfo } }) => {
    if (!workerInfo.title.startsWith(title)) return
    const command = (id: number, method: string, params: object) =>
      session.post("NodeWorker.sendMessageToWorker", { sessionId, message: JSON.stringify({ id, method, params }) })
    command(1, "Debugger.enable", {})
    command(2, "Debugger.resume", { terminateOnResume: true })
  })
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false })
  worker.once("exit", () => setImmediate(() => session.disconnect()))
}
