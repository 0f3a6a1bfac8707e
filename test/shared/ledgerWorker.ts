/** The receiving end of a ledger on a thread of its own: starts and finishes whatever is queued, and counts. */
import { parentPort, workerData } from "node:worker_threads"
import { makeReceiver } from "../../src/shared/ledger.ts"

if (parentPort === null) throw new Error("this is the module of a worker thread")
const port = parentPort
const { memory, stop } = workerData
const ledger = makeReceiver(memory)
const slots = new Int8Array(memory)
const stopping = new Int32Array(stop)
const [queued, withdrawn] = [1, 4]
let started = 0
let refused = 0

port.postMessage("ready")
while (Atomics.load(stopping, 0) === 0) {
  // The sender has one message in flight at a time, so it always takes the first slot.
  const state = Atomics.load(slots, 0)
  if (state !== queued && state !== withdrawn) continue
  if (ledger.start(0)) {
    started++
    ledger.finish(0)
  } else refused++
}
port.postMessage({ started, refused })
