import { ITC } from "@platformatic/itc"
import { workerData } from "node:worker_threads"

const itc = new ITC({ name: "answerer", port: workerData })
itc.handle("echo", (message: unknown) => message)
itc.listen()
