/**
 * One thread, up to 1000 tasks on it. `atomics: "async"`, because by default the thread stops until there is a new
 * task, which is slower with many tasks and with one.
 */
import { fileURLToPath } from "node:url"
import { Piscina } from "piscina"
import { asks } from "../link/drive.ts"

export default () => {
  const pool = new Piscina({
    filename: fileURLToPath(new URL("./echo.ts", import.meta.url)),
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 1000,
    atomics: "async"
  })
  return Promise.resolve(asks((message) => pool.run(message)))
}
