/** Imports what it is told to, says so, and stays. */
import { parentPort, workerData } from "node:worker_threads"

for (const module of workerData) await import(module)
parentPort?.on("message", () => {})
parentPort?.postMessage("ready")
