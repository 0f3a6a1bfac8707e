/**
 * What a thread is started with. It is taken once, before anything of the user may read it: by the thread's entry, or, in a
 * bundle without one, when the bundle declares its system.
 */
import { isMainThread, MessagePort, workerData } from "node:worker_threads"
import * as importing from "../control/importing.ts"
import { LastWords, type WorkerInit } from "../control/protocol.ts"
import * as childProcess from "./childProcess.ts"
import * as lastWords from "./lastWords.ts"

const isInit = (data: unknown): data is WorkerInit =>
  typeof data === "object" && data !== null && "heddle" in data && data.heddle === "thread" &&
  "control" in data && data.control instanceof MessagePort

/**
 * Takes it, and begins the time in which no system may start and every error is described; nothing on main, in other workers,
 * and the second time.
 */
export const begin = (): WorkerInit | undefined => {
  const init = takeWorkerData() ?? childProcess.take()
  if (init === undefined) return undefined
  importing.begin(init.thread, [init.module, ...init.around])
  lastWords.install((words) => init.control.postMessage(LastWords.make(words)))
  if (init.vitals !== undefined) childProcess.endUnprinted()
  return init
}

const takeWorkerData = (): WorkerInit | undefined => {
  const data: unknown = workerData
  if (isMainThread || !isInit(data)) return undefined
  const init = { ...data }
  for (const key of Object.keys(data)) if (key !== "heddle") Reflect.deleteProperty(data, key)
  return init
}
