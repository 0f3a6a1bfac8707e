/**
 * Puts the server together: settings, socket, routes, guard; and takes it down in an order that lets pages leave.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import { listenAgain } from "../samePort.ts"
import * as assets from "./assets.ts"
import * as boards from "./board.ts"
import * as control from "./control.ts"
import * as events from "./events.ts"
import * as health from "./health.ts"
import { listen, portOf } from "./listen.ts"
import * as metrics from "./metrics.ts"
import { guard } from "./security.ts"
import * as settings from "./settings.ts"

/** Serves for as long as the scope lives; gives the address, as `http://HOST:PORT`. */
export const serve = Effect.gen(function*() {
  const given = yield* settings.read
  const board = yield* boards.make
  const closing = yield* Deferred.make<void>()
  const app = yield* HttpRouter.toHttpEffect(Layer.mergeAll(
    assets.routes,
    health.routes(board),
    metrics.routes(board),
    control.routes(board),
    events.routes(board, closing)
  ))
  // Last: nobody would answer a request that comes before the routes are there.
  const server = yield* listenAgain(given.port, (port) => listen({ ...given, port }), portOf)
  const url = HttpServer.formatAddress(server.address)
  yield* server.serve(guard(given)(app))
  yield* Effect.addFinalizer(() =>
    Effect.andThen(Deferred.succeed(closing, undefined), Effect.log(`dashboard at ${url} closed`))
  )
  yield* Effect.log(`dashboard at ${url}`)
  return url
})
