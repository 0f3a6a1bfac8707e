/** A server that comes back comes back where it was. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { listenAgain } from "heddle/Dashboard"
import * as Testing from "heddle/Testing"
import { once } from "node:events"
import { createServer, type Server } from "node:http"

class Taken extends Schema.TaggedError<Taken>()("Taken", {}) {}

const listen = (port: number) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: async () => {
        const server = createServer()
        server.listen(port, "127.0.0.1")
        await once(server, "listening")
        return server
      },
      catch: () => new Taken()
    }),
    (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
  )

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const started = (port: number, kept: Map<string, unknown>) =>
  Effect.map(listenAgain(port, listen, portOf), portOf).pipe(Effect.provide(Testing.layerCurrent("Server", kept)))

it.live("Any port is the last incarnation's port.", () =>
  Effect.gen(function*() {
    const kept = new Map<string, unknown>()
    const first = yield* Effect.scoped(started(0, kept))
    assert.isAbove(first, 0)
    assert.strictEqual(yield* Effect.scoped(started(0, kept)), first)
  }))

it.live("The last incarnation's port is not taken if somebody else has it meanwhile.", () =>
  Effect.gen(function*() {
    const kept = new Map<string, unknown>()
    const first = yield* Effect.scoped(started(0, kept))
    yield* listen(first)
    const second = yield* started(0, kept)
    assert.notStrictEqual(second, first)
    assert.isAbove(second, 0)
  }))

it.live("A port that is set is taken, or the start fails.", () =>
  Effect.gen(function*() {
    const kept = new Map<string, unknown>()
    const port = yield* started(0, kept)
    assert.instanceOf(yield* Effect.flip(started(port, kept)), Taken)
  }))
