/** Answers every message with itself; moves its bytes if it is to. */
import { parentPort } from "node:worker_threads"

parentPort?.on("message", (message) => parentPort?.postMessage(message, message.move ? [message.bytes.buffer] : []))
