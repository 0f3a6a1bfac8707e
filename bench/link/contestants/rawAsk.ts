/** Asks over raw `postMessage`, each message in an envelope with its id. */
import { asker, startWorker } from "../asking.ts"
import { asks, type Small } from "../drive.ts"

interface Envelope {
  readonly request: number
  readonly message: Small
}

export default async () => {
  const worker = await startWorker(new URL("./rawWorker.ts", import.meta.url))
  const post = (request: number, message: Small): Envelope => ({ request, message })
  return asks(asker(worker, post, ({ request }: Envelope) => request))
}
