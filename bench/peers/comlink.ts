import { wrap } from "comlink"
import nodeEndpoint from "comlink/dist/esm/node-adapter.mjs"
import { Worker } from "node:worker_threads"
import { asks, type Small } from "../link/drive.ts"

export default () => {
  const remote = wrap<(message: Small) => Small>(
    nodeEndpoint(new Worker(new URL("./comlinkWorker.ts", import.meta.url)))
  )
  return Promise.resolve(asks((message) => remote(message)))
}
