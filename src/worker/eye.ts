/**
 * A second thread of a child process, by which its supervisor looks at the first one, also while that does not move: it passes commands for
 * the inspector on, and their results back. Without it the inspector would need a port, which others could open too.
 *
 * ```text
 *   supervisor <-- socket, lines of JSON --> this thread <-- inspector --> the thread that runs the actors
 * ```
 */
import { Worker } from "node:worker_threads"

/** CommonJS, so that Node loads as little as it can for it. `end` leaves the inspector, which a process waits for when it exits. */
const source = `
const { Session } = require("node:inspector")
const { Socket } = require("node:net")
const socket = new Socket({ fd: require("node:worker_threads").workerData, readable: true, writable: true })
const write = (message) => socket.write(JSON.stringify(message) + "\\n")
let session
let text = ""
const open = () => {
  session = new Session()
  session.connectToMainThread()
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ params: { chunk } }) => write({ chunk }))
}
const handle = ({ id, method, params }) => {
  if (method === "end") {
    session?.disconnect()
    session = undefined
    return
  }
  if (session === undefined) open()
  session.post(method, params, (error, result) => write({ id, result }))
}
socket.setEncoding("utf8").on("error", () => {}).on("data", (chunk) => {
  const lines = (text + chunk).split("\\n")
  text = lines.pop()
  for (const line of lines) handle(JSON.parse(line))
})
`

/** Begins to serve what comes by the descriptor. A process that may start no threads goes without. */
export const open = (fd: number): void => {
  if (process.permission !== undefined && !(process.permission.has("worker") && process.permission.has("inspector"))) {
    return
  }
  const worker = new Worker(source, {
    eval: true,
    workerData: fd,
    name: "heddle.eye",
    execArgv: [],
    env: {},
    trackUnmanagedFds: false,
    resourceLimits: { maxYoungGenerationSizeMb: 1 }
  })
  // Whatever becomes of it, the actors go on.
  worker.on("error", () => {})
  worker.unref()
}
