/** Asks over raw `postMessage` with messages that carry an id already: the cheapest form, which only some messages allow. */
import { asker, startWorker } from "../asking.ts"
import { asks, type Small } from "../drive.ts"

export default async () => {
  const worker = await startWorker(new URL("./rawWorker.ts", import.meta.url))
  const post = (id: number, { a, b }: Small): Small => ({ id, a, b })
  return asks(asker(worker, post, ({ id }: Small) => id))
}
