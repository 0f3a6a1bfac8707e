/** Answers every message with itself, and an array of messages as one. Counts tells, and answers the last of them. */
import { parentPort } from "node:worker_threads"

let told = 0
parentPort?.on("message", (message) => {
  if (message.tell !== true) return parentPort?.postMessage(message)
  told++
  if (message.last === true) parentPort?.postMessage(told)
})
