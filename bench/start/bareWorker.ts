/** Imports the modules in its `workerData`, reports that it is ready, and stays. */
import { parentPort, workerData } from "node:worker_threads"

for (const module of workerData) await import(module)
parentPort?.on("message", () => {})
parentPort?.postMessage("ready")
