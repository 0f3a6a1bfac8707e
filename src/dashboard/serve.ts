/**
 * Puts the server together: settings, socket, routes, guard; and takes it down in an order that lets pages leave.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import type { Options } from "./actor.ts"
import * as boards from "./board.ts"
import * as control from "./control.ts"
import * as directories from "./directory.ts"
import * as events from "./events.ts"
import * as files from "./files.ts"
import * as health from "./health.ts"
import * as letters from "./letters.ts"
import { listen, portOf } from "./listen.ts"
import * as logs from "./logs.ts"
import * as looking from "./looking.ts"
import * as machines from "./machines.ts"
import * as metrics from "./metrics.ts"
import * as openApi from "./openApi.ts"
import { conflict, type Panel } from "./panel.ts"
import { listenAgain } from "./samePort.ts"
import { guard } from "./security.ts"
import * as settings from "./settings.ts"

/** Serves for as long as the scope lives; gives the address, as `http://HOST:PORT`. */
export const serve = Effect.fnUntraced(function*<E, R>(
  options: Options,
  build: Effect.Effect<ReadonlyArray<Panel>, E, R>
) {
  const given = yield* settings.read(options)
  const panels = yield* build
  const problem = conflict(panels, files.own)
  if (problem !== undefined) {
    return yield* Effect.die(new TypeError(`the dashboard's panels can't be shown: ${problem}`))
  }
  const all = files.of(panels)
  const document = openApi.document(panels)
  const board = yield* boards.make(panels)
  const fleet = yield* machines.make
  const closing = yield* Deferred.make<void>()
  const app = yield* HttpRouter.toHttpEffect(Layer.mergeAll(
    files.routes(all),
    health.routes(board),
    metrics.routes(board, fleet),
    control.routes(document, {
      board,
      directory: yield* directories.make,
      looking: yield* looking.make,
      letters: yield* letters.make,
      fleet
    }),
    looking.routes,
    events.routes(board, closing),
    logs.routes(closing),
    ...panels.flatMap(({ routes }) => routes === undefined ? [] : [Layer.provide(routes, HttpServer.layerServices)])
  ))
  // Last: nobody would answer a request that comes before the routes are there.
  const server = yield* listenAgain(given.port, (port) => listen({ ...given, port }), portOf)
  const url = HttpServer.formatAddress(server.address)
  yield* server.serve(guard(given, openApi.addressesOf(document, new Set(Object.keys(all))))(app))
  yield* Effect.addFinalizer(() =>
    Effect.andThen(Deferred.succeed(closing, undefined), Effect.log(`dashboard at ${url} closed`))
  )
  yield* Effect.log(`dashboard at ${url}`)
  return url
})
