/** One thread, up to 1000 tasks on it. */
import { fileURLToPath } from "node:url"
import { Tinypool } from "tinypool"
import { asks } from "../link/drive.ts"

export default () => {
  const pool = new Tinypool({
    filename: fileURLToPath(new URL("./echo.ts", import.meta.url)),
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1000
  })
  return Promise.resolve(asks((message) => pool.run(message)))
}
