/** One thread and no queue: every task is posted at once. */
import { fileURLToPath } from "node:url"
import { FixedThreadPool } from "poolifier"
import { asks, type Small } from "../link/drive.ts"

export default () => {
  const pool = new FixedThreadPool<Small, Small>(1, fileURLToPath(new URL("./poolifierWorker.ts", import.meta.url)), {
    enableEvents: false
  })
  return Promise.resolve(asks((message) => pool.execute(message)))
}
