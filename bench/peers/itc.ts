import { ITC } from "@platformatic/itc"
import { MessageChannel, Worker } from "node:worker_threads"
import { asks } from "../link/drive.ts"

export default () => {
  const { port1, port2 } = new MessageChannel()
  new Worker(new URL("./itcWorker.ts", import.meta.url), { workerData: port2, transferList: [port2] })
  const itc = new ITC({ name: "asker", port: port1 })
  itc.listen()
  return Promise.resolve(asks((message) => itc.send("echo", message)))
}
