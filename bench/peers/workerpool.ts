/** One thread; it takes one task at a time and has no setting for more. */
import { fileURLToPath } from "node:url"
import workerpool from "workerpool"
import { asks } from "../link/drive.ts"

export default () => {
  const pool = workerpool.pool(fileURLToPath(new URL("./workerpoolWorker.ts", import.meta.url)), {
    minWorkers: 1,
    maxWorkers: 1,
    workerType: "thread"
  })
  return Promise.resolve(asks((message) => Promise.resolve(pool.exec("echo", [message]))))
}
