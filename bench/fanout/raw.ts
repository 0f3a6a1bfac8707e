/** Asks several workers in turn over raw `postMessage`, with promises; the last argument is the number of workers. */
import type { Measurements } from "../contestant.ts"
import { asker, startWorker } from "../link/asking.ts"
import { askMany, type Small, small } from "../link/drive.ts"

interface Envelope {
  readonly request: number
  readonly message: Small
}

const worker = new URL("../link/contestants/rawWorker.ts", import.meta.url)
const post = (request: number, message: Small): Envelope => ({ request, message })

export default async (): Promise<Measurements> => {
  const workers = await Promise.all(Array.from({ length: 8 }, () => startWorker(worker)))
  const askers = workers.map((worker) => asker(worker, post, ({ request }: Envelope) => request))
  return {
    asks: (count = 0, window = 1, workers = 1) =>
      askMany(count, window, async (index) => askers[index % workers]?.(small(index)))
  }
}
