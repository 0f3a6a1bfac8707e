/** Answers each message with itself, or counts messages and says how many. */
import { parentPort, workerData } from "node:worker_threads"
import { type Posted, shapeOfProcess } from "./shapes.ts"

const { revive = (message: Posted) => message } = shapeOfProcess()

let counted = 0
parentPort?.on("message", (message) => {
  if (workerData === "echo") return parentPort?.postMessage(revive(message))
  if (message === "count") return parentPort?.postMessage(counted)
  revive(message)
  counted++
})
