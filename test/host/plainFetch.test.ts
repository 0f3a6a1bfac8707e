/** How exporters send: a collector on loopback says what arrived, and answers as no good collector would. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createServer, type Server } from "node:http"
import { text } from "node:stream/consumers"
import { plainFetch } from "../../src/host/plainFetch.ts"

const notBrotli = Buffer.from("this is no Brotli")

const server = Effect.acquireRelease(
  Effect.callback<Server>((resume) => {
    const made = createServer(async (request, response) => {
      const { headers, method, url } = request
      const arrived = {
        method,
        url,
        body: await text(request),
        encoding: headers["accept-encoding"],
        kind: headers["x-kind"]
      }
      if (url === "/encoded") return response.setHeader("content-encoding", "br").end(notBrotli)
      if (url === "/empty") return response.writeHead(204).end()
      if (url === "/moved") return response.writeHead(307, { location: "/elsewhere" }).end()
      if (url === "/cut") {
        return response.writeHead(200, { "content-length": 100 }).write("part", () => response.destroy())
      }
      if (url === "/endless") {
        const piece = Buffer.alloc(65_536)
        const more = (error?: Error | null): void => {
          if (error === undefined || error === null) response.write(piece, more)
        }
        return more()
      }
      if (url === "/silent") return
      return response.writeHead(503, { "retry-after": "7", "set-cookie": ["a=1", "b=2"] }).end(JSON.stringify(arrived))
    }).listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
  }),
  (made) =>
    Effect.sync(() => {
      made.closeAllConnections()
      made.close()
    })
).pipe(Effect.map((made) => {
  const address = made.address()
  return new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`)
}))

const send = (url: URL, init?: RequestInit) =>
  Effect.tryPromise({ try: () => plainFetch(url, init), catch: (error) => error })

describe("The exporters' fetch", () => {
  it.live("S8: What an exporter sends arrives, and the answer comes with its status and headers.", () =>
    Effect.gen(function*() {
      const url = yield* server
      for (const body of ["words", new TextEncoder().encode("words")]) {
        const answer = yield* send(new URL("/v1/traces", url), { method: "POST", headers: { "x-kind": "spans" }, body })
        assert.strictEqual(answer.status, 503)
        assert.strictEqual(answer.headers.get("retry-after"), "7")
        assert.deepStrictEqual(answer.headers.getSetCookie(), ["a=1", "b=2"])
        assert.deepStrictEqual(yield* Effect.promise(() => answer.json()), {
          method: "POST",
          url: "/v1/traces",
          body: "words",
          encoding: "identity",
          kind: "spans"
        })
      }
    }).pipe(Effect.scoped))

  it.live("S8: What a collector has encoded is not decoded, with Brotli for one.", () =>
    Effect.gen(function*() {
      const answer = yield* send(new URL("/encoded", yield* server))
      assert.deepStrictEqual(Buffer.from(yield* Effect.promise(() => answer.arrayBuffer())), notBrotli)
    }).pipe(Effect.scoped))

  it.live("S8: An empty answer, one that leads elsewhere and one without an end are taken as they are, the last one in part.", () =>
    Effect.gen(function*() {
      const url = yield* server
      assert.strictEqual((yield* send(new URL("/empty", url))).status, 204)
      assert.strictEqual((yield* send(new URL("/moved", url))).status, 307)
      const endless = yield* send(new URL("/endless", url))
      assert.isAtMost((yield* Effect.promise(() => endless.arrayBuffer())).byteLength, 2 ** 20)
    }).pipe(Effect.scoped))

  it.live("S8: An answer that is cut off, a body that can't be sent and a request that is given up fail.", () =>
    Effect.gen(function*() {
      const url = yield* server
      assert.instanceOf(yield* Effect.flip(send(new URL("/cut", url))), Error)
      assert.instanceOf(yield* Effect.flip(send(url, { method: "POST", body: new FormData() })), TypeError)
      const given = new AbortController()
      const waiting = send(new URL("/silent", url), { signal: given.signal })
      given.abort()
      assert.instanceOf(yield* Effect.flip(waiting), Error)
    }).pipe(Effect.scoped))
})
