/** Is busy for 2 ms at every 1000th message. */
import { parentPort } from "node:worker_threads"

let taken = 0
parentPort?.on("message", ({ last }) => {
  if (++taken % 1000 === 0) {
    const until = performance.now() + 2
    while (performance.now() < until);
  }
  if (last) parentPort?.postMessage(taken)
})
