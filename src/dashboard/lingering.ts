/**
 * Cuts a client off that sends more than a server should read: the rest of a request that has had its answer, such as a
 * body that is too large, which Node would read and drop; or requests without end on one connection.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"

/** What may still come after the answer; so a client that was in the middle of a small body keeps its connection. */
const mostBytes = 262_144
const mostMillis = 2000
const lookEveryMillis = 50

/** Requests on one connection. The answer to the last one says `Connection: close`, and what follows it is not read. */
const mostRequests = 256

/** Watches the requests of a server. */
export const cutLingering = (server: Server): void => {
  server.maxRequestsPerSocket = mostRequests
  server.on("dropRequest", (request: IncomingMessage) => void request.socket.destroy())
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    response.once("finish", () => {
      if (request.complete) return
      const { socket } = request
      const bytesBefore = socket.bytesRead
      const answeredAt = performance.now()
      const timer = setInterval(() => {
        const isOver = request.complete || socket.destroyed
        const isTooMuch = socket.bytesRead - bytesBefore > mostBytes || performance.now() - answeredAt > mostMillis
        if (isOver || isTooMuch) clearInterval(timer)
        if (!isOver && isTooMuch) socket.destroy()
      }, lookEveryMillis)
      timer.unref()
    })
  })
}
